// The newest publications of a room in memory: contiguous, and ending where the room's feed stands.
import {
  type ClaimedPosition,
  type Position,
  positionBefore,
  positionOf,
  type Publication,
  samePosition,
} from '../protocol/position.js';
import { Delivery, weightOf } from './delivery.js';
import { PackMemory } from './pack-memory.js';
import { Pack } from './pack.js';
import type { SubscriptionOptions } from './subscription-options.js';

/** What all tails of an instance may hold together. */
export class TailBudget {
  /** What their packs lie in. */
  readonly memory: PackMemory;
  #used = 0;

  constructor(private readonly maxBytes: number) {
    this.memory = new PackMemory(maxBytes);
  }

  get exceeded(): boolean {
    return this.#used > this.maxBytes;
  }

  /** Over half: rooms in which nothing happens should give theirs back. */
  get tight(): boolean {
    return this.#used > this.maxBytes / 2;
  }

  add(bytes: number): void {
    this.#used += bytes;
  }
}

/** Trimmed in steps, since that costs something each time. */
const SLACK = 32;

export class Tail {
  /** The oldest first; none is empty. */
  #packs: Pack[] = [];
  #length = 0;
  /** The position before its oldest publication. */
  #start: Position;
  #end: Position;
  #grownAt = -Infinity;
  /** Deliveries that were asked for lately, by offset: many clients ask for the same, and share the frames. */
  #lent: Map<number, Delivery> | undefined;

  /** @param end the position of the feed; it begins empty there */
  constructor(
    private readonly room: string,
    end: Position,
    private readonly options: SubscriptionOptions,
    private readonly budget: TailBudget,
  ) {
    this.#start = end;
    this.#end = end;
  }

  /** Where it ends: the position of the feed. */
  get end(): Position {
    return this.#end;
  }

  /** The position before its oldest publication. */
  get start(): Position {
    return this.#start;
  }

  get length(): number {
    return this.#length;
  }

  /** @param publication follows `end` */
  append(publication: Publication): void {
    this.#end = positionOf(publication);
    this.#addTo(this.#packs, publication);
    this.#grow([publication]);
    // Also while there is nothing to trim: a branch that is taken late has V8 compile the whole way of a message anew.
    if (this.#length % SLACK === 0) this.trim(this.#limit);
    else if (this.budget.exceeded) this.trim(Math.floor(this.length / 2));
  }

  /**
   * Lets it reach further back, for clients which resume; it stays so while more of them may come.
   *
   * @param publications contiguous, the last one at `start`
   */
  prepend(publications: readonly Publication[]): void {
    this.#grownAt = performance.now();
    const packs: Pack[] = [];
    for (const publication of publications) this.#addTo(packs, publication);
    this.#packs = [...packs, ...this.#packs];
    this.#grow(publications);
    if (publications[0]) this.#start = positionBefore(publications[0]);
  }

  /** Gives back what was read for resuming clients, and all of an idle room when memory is short. */
  tidy(idle: boolean): void {
    this.#lent = undefined;
    if (idle && this.budget.tight) this.trim(0);
    else if (this.#resting) this.trim(this.options.tailSize);
  }

  /** Keeps the newest `length`. */
  trim(length: number): void {
    let surplus = Math.max(0, this.#length - length);
    this.#length -= surplus;
    while (surplus > 0) {
      const pack = this.#packs[0]!;
      const dropped = Math.min(surplus, pack.length);
      for (let index = 0; index < dropped; index++) this.#letGo(pack, index);
      this.#start = this.#positionAt(pack, dropped - 1);
      if (dropped === pack.length) this.#packs.shift()!.release(this.budget.memory);
      else pack.drop(dropped);
      surplus -= dropped;
    }
  }

  /**
   * How many publications come after a position: undefined when it lies before `start`, beyond `end`, or on
   * another branch of the log.
   */
  countAfter(position: ClaimedPosition): number | undefined {
    if (samePosition(this.#end, position)) return 0;
    if (samePosition(this.#start, position)) return this.length;
    let before = 0;
    for (const pack of this.#packs) {
      const index = pack.indexOf(position.offset);
      if (index < pack.length) {
        const found = samePosition(this.#positionAt(pack, index), position);
        return found ? this.length - before - index - 1 : undefined;
      }
      before += pack.length;
    }
    return undefined;
  }

  /** The messageIds of what comes after a position, or of all. */
  idsAfter(position?: ClaimedPosition): string[] {
    const count = (position && this.countAfter(position)) ?? this.length;
    return this.newest(count, count).map(({ publication }) => publication.messageId);
  }

  /** Of the newest `count` publications, the oldest `limit`. */
  newest(count: number, limit: number): Delivery[] {
    let index = this.length - count;
    const end = index + Math.min(count, limit);
    let previous = this.positionBefore(count);
    const deliveries: Delivery[] = [];
    let before = 0;
    for (const pack of this.#packs) {
      for (; index < end && index < before + pack.length; index++) {
        const delivery = this.#lend(pack, index - before, previous);
        previous = positionOf(delivery.publication);
        deliveries.push(delivery);
      }
      before += pack.length;
    }
    return deliveries;
  }

  /** The position before the newest `count` publications. */
  positionBefore(count: number): Position {
    if (count === 0) return this.#end;
    let index = this.length - count - 1;
    for (const pack of this.#packs) {
      if (index < 0) break;
      if (index < pack.length) return this.#positionAt(pack, index);
      index -= pack.length;
    }
    return this.#start;
  }

  get #limit(): number {
    return this.#resting ? this.options.tailSize : this.options.maxTailSize;
  }

  get #resting(): boolean {
    return performance.now() - this.#grownAt > this.options.headCheckIntervalMs;
  }

  #grow(publications: readonly Publication[]): void {
    this.#length += publications.length;
    for (const { body } of publications) this.budget.add(weightOf(body.length));
  }

  #addTo(packs: Pack[], publication: Publication): void {
    const last = packs.at(-1);
    if (last?.add(publication)) return;
    const pack = Pack.for(publication, this.budget.memory, last);
    pack.add(publication);
    packs.push(pack);
  }

  #letGo(pack: Pack, index: number): void {
    this.budget.add(-weightOf(pack.bodyLengthAt(index)));
    this.#lent?.delete(pack.offsetAt(index));
  }

  #positionAt(pack: Pack, index: number): Position {
    return { epoch: this.#end.epoch, offset: pack.offsetAt(index), messageId: pack.idAt(index) };
  }

  #lend(pack: Pack, index: number, previous: Position): Delivery {
    const offset = pack.offsetAt(index);
    const lent = this.#lent?.get(offset);
    if (lent) return lent;
    const delivery = new Delivery(this.room, {
      ...this.#positionAt(pack, index),
      previousOffset: previous.offset,
      previousId: previous.messageId,
      body: pack.bodyAt(index),
    });
    (this.#lent ??= new Map()).set(offset, delivery);
    return delivery;
  }
}
