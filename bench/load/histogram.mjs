// Latencies in µs, in buckets at most 3 % wide: recording one costs a few nanoseconds and no memory.

const STEPS = 64;
const LOG_STEPS = 6;

export class Histogram {
  #buckets = new Float64Array(STEPS * 32);
  #count = 0;
  #max = 0;

  get count() {
    return this.#count;
  }

  /** @param {number} micros a whole number */
  record(micros) {
    const value = micros > 0x7fffffff ? 0x7fffffff : micros < 0 ? 0 : micros;
    const shift = value < STEPS ? 0 : 32 - Math.clz32(value) - LOG_STEPS;
    const bucket = shift * STEPS + ((value >> shift) & (STEPS - 1));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count++;
    if (value > this.#max) this.#max = value;
  }

  /** @param {number} share 0.5 for the median; undefined where nothing was recorded */
  percentile(share) {
    if (this.#count === 0) return undefined;
    if (share === 1) return this.#max;
    const wanted = this.#count * share;
    let seen = 0;
    const index = this.#buckets.findIndex((count) => (seen += count) >= wanted && count > 0);
    const shift = Math.floor(index / STEPS);
    return (index % STEPS) * 2 ** shift;
  }
}
