// When frames are written: after each turn of the event loop, and under load a little later, together with what follows.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FrameWriter, type Outgoing } from '../../src/gateway/frame-writer.js';
import { turn, useFakeTimers } from '../support/quiescence.js';

/** How long the flush of a large room takes, ms. */
const LONG_MS = 8;

describe('FrameWriter', () => {
  let now = 1_000;
  let writer: FrameWriter;
  let flushed: string[];

  beforeEach(() => {
    useFakeTimers();
    writer = new FrameWriter(undefined, undefined, () => now);
    flushed = [];
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  function schedule(name: string, tookMs = 0): void {
    const take = (): undefined => {
      now += tookMs;
      flushed.push(name);
    };
    writer.schedule({ take } as unknown as Outgoing);
  }

  it('flushes all of a turn after it', async () => {
    schedule('a');
    schedule('b');
    expect(flushed).toEqual([]);
    await turn();
    expect(flushed).toEqual(['a', 'b']);
  });

  it('lets what comes right after a long flush meet what follows it', async () => {
    schedule('a', LONG_MS);
    await turn();
    schedule('b');
    await turn();
    expect(flushed).toEqual(['a']);
    schedule('c');
    jest.advanceTimersByTime(LONG_MS / 4);
    expect(flushed).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['a short flush', 1, 0],
    ['a turn in which none came', LONG_MS, 1],
  ])('does not let frames wait after %s', async (_name, tookMs, turnsLater) => {
    schedule('a', tookMs);
    await turn();
    for (let nth = 0; nth < turnsLater; nth++) await turn();
    schedule('b');
    await turn();
    expect(flushed).toEqual(['a', 'b']);
  });
});
