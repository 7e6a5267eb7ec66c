// After a cut every room has a hole: they are mended some at a time, so that the broker has time for the others.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Meter } from '../../src/core/meter.js';
import { SubscriptionService } from '../../src/subscription/subscription.service.js';
import { FakeConnection } from '../support/fake-connection.js';
import { settle, turn, useFakeTimers } from '../support/quiescence.js';
import { ScriptedBroker } from '../support/scripted-broker.js';

const ROOMS = Array.from({ length: 60 }, (_, index) => `room-${index}`);
const OPTIONS = {
  tailSize: 8,
  maxTailSize: 16,
  tailBudgetBytes: 1_000_000,
  lingerMs: 60,
  headCheckIntervalMs: 30_000,
};

describe('repairs after a cut', () => {
  let broker: ScriptedBroker;
  let service: SubscriptionService;
  let meter: Meter;

  beforeEach(async () => {
    useFakeTimers();
    [broker, meter] = [new ScriptedBroker(), new Meter()];
    service = new SubscriptionService(broker, OPTIONS, meter);
    service.onApplicationBootstrap();
    for (const room of ROOMS) (await service.join(new FakeConnection(), room, {})).start();
  });

  afterEach(async () => {
    await service.onApplicationShutdown();
    jest.useRealTimers();
  });

  it('read few rooms at once, and in the end all of them, though some reads fail', async () => {
    for (const room of ROOMS) broker.store(room, 'missed');
    broker.held.add('history');
    broker.interrupt();
    await turn();
    const atOnce = broker.pending.length;
    expect(atOnce).toBeGreaterThan(1);
    expect(atOnce).toBeLessThan(ROOMS.length / 2);
    for (let answered = 0; answered < 20; answered++) {
      broker.answer('history', answered % 5 === 0 ? 'refused' : 'done');
      await turn();
      expect(broker.pending.length).toBeLessThanOrEqual(atOnce);
    }
    await settle(broker, undefined, 1);
    expect(meter.gapsRepaired).toBe(ROOMS.length);
  });
});
