// The newest publications of a room in memory: contiguous, and ending where the room's feed stands.
import {
  type ClaimedPosition,
  type Position,
  positionBefore,
  positionOf,
  samePosition,
} from '../protocol/position.js';
import type { Delivery } from './delivery.js';
import type { SubscriptionOptions } from './subscription-options.js';

/** What all tails of an instance may hold together. */
export class TailBudget {
  #used = 0;

  constructor(private readonly maxBytes: number) {}

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

export class Tail {
  #deliveries: Delivery[] = [];
  #end: Position;
  #grownAt = -Infinity;

  /** @param end the position of the feed; it begins empty there */
  constructor(
    end: Position,
    private readonly options: SubscriptionOptions,
    private readonly budget: TailBudget,
  ) {
    this.#end = end;
  }

  /** Where it ends: the position of the feed. */
  get end(): Position {
    return this.#end;
  }

  /** The position before its oldest publication. */
  get start(): Position {
    const first = this.#deliveries[0];
    return first ? positionBefore(first.publication) : this.#end;
  }

  get length(): number {
    return this.#deliveries.length;
  }

  /** @param delivery follows `end` */
  append(delivery: Delivery): void {
    this.#end = positionOf(delivery.publication);
    this.#deliveries.push(delivery);
    this.budget.add(delivery.bytes);
    const mayBeOver = this.length > this.options.tailSize + SLACK;
    if (mayBeOver && this.length > this.#limit + SLACK) this.trim(this.#limit);
    else if (this.budget.exceeded) this.trim(Math.floor(this.length / 2));
  }

  /**
   * Lets it reach further back, for clients which resume; it stays so while more of them may come.
   *
   * @param deliveries contiguous, the last one at `start`
   */
  prepend(deliveries: readonly Delivery[]): void {
    this.#grownAt = performance.now();
    this.#deliveries = [...deliveries, ...this.#deliveries];
    for (const { bytes } of deliveries) this.budget.add(bytes);
  }

  /** Gives back what was read for resuming clients, and all of an idle room when memory is short. */
  tidy(idle: boolean): void {
    if (idle && this.budget.tight) this.trim(0);
    else if (this.#resting) this.trim(this.options.tailSize);
  }

  /** Keeps the newest `length`. */
  trim(length: number): void {
    const dropped = this.#deliveries.splice(0, Math.max(0, this.#deliveries.length - length));
    for (const { bytes } of dropped) this.budget.add(-bytes);
  }

  /**
   * How many publications come after a position: undefined when it lies before `start`, beyond `end`, or on
   * another branch of the log.
   */
  countAfter(position: ClaimedPosition): number | undefined {
    if (samePosition(this.#end, position)) return 0;
    if (samePosition(this.start, position)) return this.length;
    const index = this.#indexOf(position.offset);
    const found = this.#deliveries[index]?.publication;
    return found && samePosition(found, position) ? this.length - index - 1 : undefined;
  }

  /** The messageIds of what comes after a position, or of all. */
  idsAfter(position?: ClaimedPosition): string[] {
    const count = position && this.countAfter(position);
    const deliveries = count === undefined ? this.#deliveries : this.newest(count, count);
    return deliveries.map(({ publication }) => publication.messageId);
  }

  /** Of the newest `count` publications, the oldest `limit`. */
  newest(count: number, limit: number): Delivery[] {
    const from = this.length - count;
    return this.#deliveries.slice(from, from + limit);
  }

  /** The position before the newest `count` publications. */
  positionBefore(count: number): Position {
    const oldest = this.#deliveries[this.length - count];
    return oldest ? positionBefore(oldest.publication) : this.#end;
  }

  get #limit(): number {
    return this.#resting ? this.options.tailSize : this.options.maxTailSize;
  }

  get #resting(): boolean {
    return performance.now() - this.#grownAt > this.options.headCheckIntervalMs;
  }

  /** Index of the publication with an offset, or of the next one above it: offsets rise, maybe with holes. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#deliveries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#deliveries[middle]!.publication.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Trimmed in steps, since removing from an array's front moves the rest. */
const SLACK = 32;
