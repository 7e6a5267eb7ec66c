// How long to wait before the next try.

const MIN_MS = 500;
const MAX_MS = 20_000;

/**
 * Full jitter: uniform between 0.5 s and a ceiling of 2, 4, 8, 16, 20, 20, … s, so that clients which lost one
 * server at the same moment do not come back at the same moment. Tries are counted from 1.
 */
export function backoffMs(tries: number, maxMs = MAX_MS): number {
  const ceiling = Math.min(maxMs, 1_000 * 2 ** tries);
  return MIN_MS + Math.random() * (ceiling - MIN_MS);
}
