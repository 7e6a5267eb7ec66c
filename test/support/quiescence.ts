// Fake time for tests of what retries and waits: real turns of the event loop, timers that fire when told.
import { jest } from '@jest/globals';
import type { ScriptedBroker } from './scripted-broker.js';

/** Longer than any pause between two tries, or than a room lingers. */
export const LONG_MS = 5_000;
const MAX_ROUNDS = 300;

export function useFakeTimers(): void {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
}

/** Resolves when all has happened that waits for nothing but its turn. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Lets the broker answer everything and time pass, until nothing waits for anything any more.
 *
 * @param clocks timers which always run
 */
export async function settle(
  broker: ScriptedBroker,
  quiet: () => boolean = () => true,
  clocks = 0,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    broker.answerAll();
    await turn();
    jest.advanceTimersByTime(LONG_MS);
    await turn();
    if (broker.pending.length === 0 && jest.getTimerCount() <= clocks && quiet()) return;
  }
  throw new Error('it does not come to rest');
}
