// A token bucket: so many at once, so many a second. Its state is one number, the time at which it is full again.

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** When a bucket that was never used is full, ms. */
export const FULL = 0;

/** How many it is short of full. Times are those of `performance.now()`. */
export function missing({ perSecond }: Rate, fullAt: number, now: number): number {
  // As the generic cell rate algorithm of ITU-T I.371 has it: what is missing is what is still to be filled in.
  return fullAt > now ? ((fullAt - now) / 1_000) * perSecond : 0;
}

/** How long until there is one to take, ms; 0: there is. */
export function waitMs(rate: Rate, fullAt: number, now: number): number {
  const { perSecond, burst } = rate;
  const tokens = burst - missing(rate, fullAt, now);
  return tokens < 1 ? Math.ceil(((1 - tokens) / perSecond) * 1_000) : 0;
}

/** @returns when it is full again, one having been taken */
export function taken({ perSecond }: Rate, fullAt: number, now: number): number {
  return Math.max(fullAt, now) + 1_000 / perSecond;
}
