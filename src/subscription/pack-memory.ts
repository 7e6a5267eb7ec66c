// The memory that packs lie in: used again and again, and no concern of the garbage collector's.

const MIN_BYTES = 512;
/** What needs more has memory of its own, and leaves it to the collector. */
export const MAX_BYTES = 16 * 1024;

/**
 * V8 takes the bytes of buffers for garbage to come: at 3,000 messages a second it went through its whole old generation
 * each 8 s, 120 ms of work, while tails only grew to their size. It does not count shared memory
 * (`BackingStore::PerIsolateAccountingLength`), nor can it know when to collect it. So what a pack gives back is kept for
 * the next one, and nobody may have a view of it.
 */
export class PackMemory {
  /** By their length, a power of two. */
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;

  /** @param maxFreeBytes what is given back beyond it is left to the collector */
  constructor(private readonly maxFreeBytes: number) {}

  /** At least as many bytes; what is in them is anything. */
  take(byteLength: number): Buffer {
    if (byteLength > MAX_BYTES) return Buffer.allocUnsafeSlow(byteLength);
    const length = Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(byteLength)));
    const free = this.#free.get(length)?.pop();
    if (!free) return Buffer.from(new SharedArrayBuffer(length));
    this.#freeBytes -= length;
    return free;
  }

  /** @param bytes as they were taken; to be used no more */
  give(bytes: Buffer): void {
    const { length } = bytes;
    if (length > MAX_BYTES || this.#freeBytes + length > this.maxFreeBytes) return;
    const free = this.#free.get(length);
    if (free) free.push(bytes);
    else this.#free.set(length, [bytes]);
    this.#freeBytes += length;
  }
}
