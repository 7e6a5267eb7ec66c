// Publications of one epoch, packed one behind the other: some objects for all of them, not five for each.
import type { Publication } from '../protocol/position.js';

const MIN_BYTES = 512;
const MAX_BYTES = 16 * 1024;
/** UTF-8 bytes of a character of an id at most. */
const MAX_CHARACTER_BYTES = 3;

/**
 * What is kept for long in objects of its own survives the young generation's collections, each of which copies it:
 * at 30,000 messages a second that held the process for 10 to 30 ms at a time.
 */
export class Pack {
  readonly #bytes: Buffer;
  readonly #offsets: number[] = [];
  /** Where each body begins; its id stands before it, and that begins where the body before ends. */
  readonly #bodies: number[] = [];
  readonly #ends: number[] = [];
  /** So many at the beginning have been dropped. */
  #dropped = 0;

  private constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** One with room for a publication, and for more the more the pack before it had. */
  static for(publication: Publication, before?: Pack): Pack {
    const capacity = before ? 2 * before.#bytes.length : MIN_BYTES;
    return new Pack(Math.max(sizeOf(publication), Math.min(capacity, MAX_BYTES)));
  }

  get length(): number {
    return this.#offsets.length - this.#dropped;
  }

  /** False: there is no room for it. */
  add(publication: Publication): boolean {
    const { offset, messageId, body } = publication;
    const start = this.#ends.at(-1) ?? 0;
    if (sizeOf(publication) > this.#bytes.length - start) return false;
    const bodyAt = start + this.#bytes.write(messageId, start);
    body.copy(this.#bytes, bodyAt);
    this.#offsets.push(offset);
    this.#bodies.push(bodyAt);
    this.#ends.push(bodyAt + body.length);
    return true;
  }

  /** Forgets the first `count`. */
  drop(count: number): void {
    this.#dropped += count;
  }

  /** @param index among those which are left, as with all below */
  offsetAt(index: number): number {
    return this.#offsets[this.#dropped + index]!;
  }

  idAt(index: number): string {
    const at = this.#dropped + index;
    return this.#bytes.toString('utf8', at === 0 ? 0 : this.#ends[at - 1], this.#bodies[at]);
  }

  bodyLengthAt(index: number): number {
    const at = this.#dropped + index;
    return this.#ends[at]! - this.#bodies[at]!;
  }

  /** A view, which keeps the pack in memory. */
  bodyAt(index: number): Buffer {
    const at = this.#dropped + index;
    return this.#bytes.subarray(this.#bodies[at], this.#ends[at]);
  }

  /** Index of the publication with an offset, or of the next one above it: offsets rise, maybe with holes. */
  indexOf(offset: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsetAt(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sizeOf({ messageId, body }: Publication): number {
  return messageId.length * MAX_CHARACTER_BYTES + body.length;
}
