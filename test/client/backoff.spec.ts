// Where tries to reconnect fall: never at once, spread over the whole of a growing window.
import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../client/src/backoff.js';

const SAMPLES = 20_000;

function samples(tries: number): number[] {
  return Array.from({ length: SAMPLES }, () => backoffMs(tries)).toSorted((a, b) => a - b);
}

/** The largest distance between the distribution of sorted samples and the uniform one from `low` to `high`. */
function distanceFromUniform(sorted: readonly number[], low: number, high: number): number {
  return Math.max(...sorted.map((ms, index) => Math.abs((ms - low) / (high - low) - index / sorted.length)));
}

describe('backoff', () => {
  it.each([
    [1, 2_000],
    [2, 4_000],
    [3, 8_000],
    [4, 16_000],
    [5, 20_000],
    [1_000, 20_000],
  ])('before try %d is uniform between 0.5 s and %d ms', (tries, ceiling) => {
    const sorted = samples(tries);
    expect(sorted[0]).toBeGreaterThanOrEqual(500);
    expect(sorted.at(-1)).toBeLessThanOrEqual(ceiling);
    // A Kolmogorov-Smirnov test: a sound generator exceeds this once in 10^8 runs.
    expect(distanceFromUniform(sorted, 500, ceiling)).toBeLessThan(3.1 / Math.sqrt(SAMPLES));
  });

  it('is no longer than asked', () => {
    expect(Math.max(...Array.from({ length: SAMPLES }, () => backoffMs(9, 4_000)))).toBeLessThanOrEqual(
      4_000,
    );
  });
});
