// Publications of one epoch, packed one behind the other: some objects for all of them, not five for each.
import type { Publication } from '../protocol/position.js';
import { MAX_BYTES, type PackMemory } from './pack-memory.js';

/** UTF-8 bytes of a character of an id at most. */
const MAX_CHARACTER_BYTES = 3;
/**
 * A publication's slot: the low and the high half of its offset, then where its body begins and ends, 32 bits each. What
 * comes out of a double, V8 keeps as one; the positions made of it would be of another shape than all others.
 */
const SLOT_BYTES = 16;
const HIGH_AT = 4;
const BODY_AT = 8;
const END_AT = 12;
const TWO_32 = 2 ** 32;

/**
 * What is kept for long in objects of its own survives the young generation's collections, each of which copies it:
 * at 30,000 messages a second that held the process for 10 to 30 ms at a time. So ids and bodies lie in one buffer, and
 * their slots grow towards them from its end, as in a page of a database.
 */
export class Pack {
  readonly #bytes: Buffer;
  /** All that have been added. */
  #count = 0;
  /** So many of them, from the beginning, have been dropped. */
  #dropped = 0;
  /** Where the last body ends. Each body's id stands before it, and begins where the body before ends. */
  #end = 0;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** One with room for a publication, and for more the more the pack before it had. */
  static for(publication: Publication, memory: PackMemory, before?: Pack): Pack {
    const capacity = before ? 2 * before.#bytes.length : 0;
    return new Pack(memory.take(Math.max(sizeOf(publication), Math.min(capacity, MAX_BYTES))));
  }

  get length(): number {
    return this.#count - this.#dropped;
  }

  /** False: there is no room for it. */
  add(publication: Publication): boolean {
    const { offset, messageId, body } = publication;
    const free = this.#bytes.length - SLOT_BYTES * this.#count - this.#end;
    if (sizeOf(publication) > free) return false;
    const slotAt = this.#slotAt(this.length);
    const bodyAt = this.#end + this.#bytes.write(messageId, this.#end);
    this.#bytes.set(body, bodyAt);
    this.#end = bodyAt + body.length;
    this.#bytes.writeUInt32LE(offset % TWO_32, slotAt);
    this.#bytes.writeUInt32LE(Math.floor(offset / TWO_32), slotAt + HIGH_AT);
    this.#bytes.writeUInt32LE(bodyAt, slotAt + BODY_AT);
    this.#bytes.writeUInt32LE(this.#end, slotAt + END_AT);
    this.#count++;
    return true;
  }

  /** Gives its memory back. To be used no more. */
  release(memory: PackMemory): void {
    memory.give(this.#bytes);
  }

  /** Forgets the first `count`. */
  drop(count: number): void {
    this.#dropped += count;
  }

  /** @param index among those which are left, as with all below */
  offsetAt(index: number): number {
    const slotAt = this.#slotAt(index);
    const low = this.#bytes.readUInt32LE(slotAt);
    const high = this.#bytes.readUInt32LE(slotAt + HIGH_AT);
    return high === 0 ? low : high * TWO_32 + low;
  }

  idAt(index: number): string {
    const idAt = this.#dropped + index === 0 ? 0 : this.#endOf(index - 1);
    return this.#bytes.toString('utf8', idAt, this.#bodyOf(index));
  }

  bodyLengthAt(index: number): number {
    return this.#endOf(index) - this.#bodyOf(index);
  }

  /** A copy: the pack's memory will be another's. */
  bodyAt(index: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#bodyOf(index), this.#endOf(index)));
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

  #slotAt(index: number): number {
    return this.#bytes.length - SLOT_BYTES * (this.#dropped + index + 1);
  }

  #bodyOf(index: number): number {
    return this.#bytes.readUInt32LE(this.#slotAt(index) + BODY_AT);
  }

  #endOf(index: number): number {
    return this.#bytes.readUInt32LE(this.#slotAt(index) + END_AT);
  }
}

/** What it takes at most, its slot included. */
function sizeOf({ messageId, body }: Publication): number {
  return messageId.length * MAX_CHARACTER_BYTES + body.length + SLOT_BYTES;
}
