// The readiness check's measure of the event loop: no standstill may slip through between two of its looks.
import { afterEach, describe, expect, it } from '@jest/globals';
import { EventLoopService } from '../../src/http/event-loop.service.js';
import { eventually } from '../support/deadline.js';

const TIMEOUT_MS = 20_000;
const STANDSTILL_MS = 400;
/** A standstill may begin just after a look, and an interval of it is then no delay. */
const SEEN_MS = 250;

const service = new EventLoopService();

afterEach(() => service.onApplicationShutdown());

function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDSTILL_MS);
}

describe('EventLoopService', () => {
  it('tells a standstill which begins before its first look', async () => {
    service.onApplicationBootstrap();
    expect(service.maxDelayMs).toBe(0);
    standStill();
    const told = (): void => expect(service.maxDelayMs).toBeGreaterThanOrEqual(SEEN_MS);
    await eventually(told, TIMEOUT_MS, 'the standstill is told');
  });
});
