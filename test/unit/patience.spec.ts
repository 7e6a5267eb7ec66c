// When a server is in doubt, and what ends that.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CALL_DEADLINE_MS } from '../../src/brokers/link-timing.js';
import { Patience } from '../../src/brokers/patience.js';
import { turn, useFakeTimers } from '../support/quiescence.js';

const NEVER = new Promise<never>(() => undefined);

/** What becomes of the call, once it is known. */
function outcomeOf(call: Promise<unknown>): { now: string } {
  const outcome = { now: 'open' };
  call.then(
    () => (outcome.now = 'answered'),
    () => (outcome.now = 'missed'),
  );
  return outcome;
}

async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await turn();
}

describe('patience with a server', () => {
  let patience: Patience;

  beforeEach(() => {
    useFakeTimers();
    patience = new Patience();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  async function missOne(): Promise<void> {
    const missed = outcomeOf(patience.wait(NEVER));
    await pass(CALL_DEADLINE_MS);
    expect(missed.now).toBe('missed');
  }

  it('lasts until the deadline, and then the server is in doubt', async () => {
    const call = outcomeOf(patience.wait(NEVER));
    await pass(CALL_DEADLINE_MS - 1);
    expect([call.now, patience.inDoubt]).toEqual(['open', false]);
    await pass(1);
    expect([call.now, patience.inDoubt]).toEqual(['missed', true]);
  });

  it('lets nobody wait while it is in doubt', async () => {
    await missOne();
    const call = outcomeOf(patience.wait(NEVER));
    await pass(1);
    expect(call.now).toBe('missed');
  });

  it('is back with the first sign of life', async () => {
    await missOne();
    patience.answered();
    const call = outcomeOf(patience.wait(NEVER));
    await pass(CALL_DEADLINE_MS - 1);
    expect([call.now, patience.inDoubt]).toEqual(['open', false]);
  });

  it('does not end anew by calls that were given no time', async () => {
    await missOne();
    const hasty = outcomeOf(patience.wait(NEVER));
    patience.answered();
    await pass(1);
    expect([hasty.now, patience.inDoubt]).toEqual(['missed', false]);
  });
});
