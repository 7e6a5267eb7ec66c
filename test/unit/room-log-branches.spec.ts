// One room's log on an instance when the broker's log is another: lost, forked, expired, or not ours at all.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pLimit from 'p-limit';
import { Meter } from '../../src/core/meter.js';
import type { Position, Publication } from '../../src/protocol/position.js';
import type { Delivery } from '../../src/subscription/delivery.js';
import { RoomLog } from '../../src/subscription/room-log.js';
import { TailBudget } from '../../src/subscription/tail.js';
import { settle, useFakeTimers } from '../support/quiescence.js';
import { ScriptedBroker } from '../support/scripted-broker.js';

const ROOM = 'room';

describe('RoomLog on another log', () => {
  let broker: ScriptedBroker;
  let log: RoomLog;
  /** What it told: `+id` delivered, `=id` for the second time, `gap from-to`, `reset epoch:offset`. */
  let events: string[];

  beforeEach(async () => {
    useFakeTimers();
    broker = new ScriptedBroker(1_000);
    events = [];
    const options = {
      tailSize: 100,
      maxTailSize: 500,
      tailBudgetBytes: 0,
      lingerMs: 0,
      headCheckIntervalMs: 30_000,
    };
    log = new RoomLog(
      ROOM,
      { broker, options, budget: new TailBudget(10_000_000), repairs: pLimit(1), meter: new Meter() },
      {
        onDelivery: ({ publication }: Delivery, _before: Position, repeated: boolean) =>
          events.push(`${repeated ? '=' : '+'}${publication.messageId}`),
        onGap: (before: Position, to: number) => events.push(`gap ${before.offset + 1}-${to}`),
        onReset: ({ epoch, offset }: Position) => events.push(`reset ${epoch}:${offset}`),
      },
    );
    await log.open(0);
    receive(...store('m1', 'm2', 'm3'));
    broker.reads.length = 0;
    events.length = 0;
  });

  afterEach(() => {
    log.close();
    jest.useRealTimers();
  });

  const store = (...ids: string[]): Publication[] => broker.store(ROOM, ...ids);

  function receive(...publications: Publication[]): void {
    for (const publication of publications) log.receive(publication);
  }

  /** A failover to a replica which had less: offsets are handed out again under the same epoch. */
  function fork(commonOffset: number): void {
    broker.log(ROOM).published.length = commonOffset;
  }

  it('tells the reset and continues from the start of a new log', async () => {
    broker.replaceLog(ROOM, 'second');
    receive(...store('n1', 'n2'));
    await settle(broker);
    expect(events).toEqual(['reset second:0', '+n1', '+n2']);
    receive(...store('n3'));
    expect(events.at(-1)).toBe('+n3');
  });

  it('knows again what had been delivered of the log that was lost, and is stored once more', async () => {
    broker.replaceLog(ROOM, 'second');
    receive(...store('m3', 'n1'));
    await settle(broker);
    receive(...store('m1', 'n2'));
    expect(events).toEqual(['reset second:0', '=m3', '+n1', '=m1', '+n2']);
  });

  it('knows again what a fork has lost, and nothing that it has kept', async () => {
    fork(2);
    receive(...store('f3', 'm3', 'f5'));
    await settle(broker);
    expect(events).toEqual(['reset first:2', '+f3', '=m3', '+f5']);
  });

  it('tells the reset also where the new log is still empty', async () => {
    broker.replaceLog(ROOM, 'second');
    log.compare(broker.log(ROOM).head);
    await settle(broker);
    expect(events).toEqual(['reset second:0']);
    receive(...store('n1'));
    expect(events).toEqual(['reset second:0', '+n1']);
  });

  it('continues a long new log within its newest page', async () => {
    broker.replaceLog(ROOM, 'second');
    receive(...store(...Array.from({ length: 350 }, (_, index) => `n${index + 1}`)).slice(-1));
    await settle(broker);
    expect(events[0]).toBe('reset second:50');
    expect(events.slice(1)).toEqual(Array.from({ length: 300 }, (_, index) => `+n${index + 51}`));
  });

  it.each([
    ['shorter than what was delivered', 1],
    ['as long as what was delivered', 2],
    ['longer than what was delivered', 5],
  ])('goes back to the common ancestor of a fork which is %s', async (_name, length) => {
    fork(1);
    const branch = store(...Array.from({ length }, (_, index) => `f${index + 2}`));
    receive(...branch.slice(-1));
    await settle(broker);
    expect(events).toEqual(['reset first:1', ...branch.map(({ messageId }) => `+${messageId}`)]);
    expect(log.position).toEqual(broker.log(ROOM).head);
  });

  it('finds a fork by comparison with the head', async () => {
    fork(2);
    store('f3');
    log.compare(broker.log(ROOM).head);
    await settle(broker);
    expect(events).toEqual(['reset first:2', '+f3']);
  });

  it('goes back where the log lost its end, and nothing has followed yet', async () => {
    fork(2);
    log.compare(broker.log(ROOM).head);
    await settle(broker);
    // The head is a position it has delivered, so there is nothing to tell until another branch grows.
    expect(events).toEqual([]);
    receive(...store('f3'));
    await settle(broker);
    expect(events).toEqual(['reset first:2', '+f3']);
  });

  it('starts behind what expired', async () => {
    const { head } = broker.log(ROOM);
    const later = { epoch: 'first', offset: head.offset + 9, messageId: 'm12' };
    jest
      .spyOn(broker, 'history')
      .mockImplementation(async () => ({ head: later, publications: [], more: 0 }));
    log.compare(later);
    await settle(broker);
    expect(events).toEqual(['reset first:12']);
    expect(log.position).toEqual(later);
  });

  it('drops a publication of no log, after a look, and never again looks for it', async () => {
    const stale = {
      epoch: 'foreign',
      offset: 4,
      messageId: 'x',
      previousOffset: 3,
      previousId: 'm3',
      body: Buffer.of(),
    };
    receive(stale);
    await settle(broker);
    expect(events).toEqual([]);
    expect(broker.reads.length).toBeLessThanOrEqual(2);

    const reads = broker.reads.length;
    receive(...store('m4', 'm5'));
    await settle(broker);
    expect(events).toEqual(['+m4', '+m5']);
    expect(broker.reads).toHaveLength(reads);
  });

  it('comes to rest while foreign publications keep coming, and loses none of its own', async () => {
    broker.held.add('history');
    for (let round = 0; round < 20; round++) {
      const offset = 100 + round;
      receive({
        epoch: 'foreign',
        offset,
        messageId: `x${round}`,
        previousOffset: 1,
        previousId: '',
        body: Buffer.of(),
      });
      receive(...store(`m${round + 4}`));
      await settle(broker);
    }
    expect(events).toEqual(Array.from({ length: 20 }, (_, round) => `+m${round + 4}`));
    expect(broker.reads.length).toBeLessThanOrEqual(40);
  });
});
