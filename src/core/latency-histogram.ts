// How long something took, by fixed buckets: what a scrape reads, and an observation hardly pays for.

/** Upper bounds, seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

export class LatencyHistogram {
  readonly #counts = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  #sum = 0;

  observe(seconds: number): void {
    this.#sum += seconds;
    let index = 0;
    while (index < BOUNDS.length && seconds > BOUNDS[index]!) index++;
    this.#counts[index]!++;
  }

  /** Seconds, of all observations. */
  get sum(): number {
    return this.#sum;
  }

  /** How many were at most so long, in seconds; the last one, without a bound, counts all. */
  get cumulative(): { readonly bound: number; readonly count: number }[] {
    let count = 0;
    return this.#counts.map((own, index) => ({
      bound: BOUNDS[index] ?? Number.POSITIVE_INFINITY,
      count: (count += own),
    }));
  }
}
