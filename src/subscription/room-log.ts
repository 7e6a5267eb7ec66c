// A room's log as this instance has seen it: puts publications in order, and repairs what a link swallowed.
import type { LimitFunction } from 'p-limit';
import { retryWhile } from '../core/backoff.js';
import type { Broker, HistoryPage } from '../core/broker.js';
import type { Connection } from '../core/connection.js';
import type { Meter } from '../core/meter.js';
import {
  follows,
  type Position,
  type Publication,
  positionBefore,
  positionOf,
  samePosition,
} from '../protocol/position.js';
import { Delivery } from './delivery.js';
import type { SubscriptionOptions } from './subscription-options.js';
import { Tail, type TailBudget } from './tail.js';

/** Publications kept aside while a gap is repaired; more are dropped, since the log has them too. */
const MAX_HELD = 512;
const PAGE = 300;
/** Ids of lost messages that are remembered. */
const MAX_LOST = 1_000;

export interface RoomLogListener {
  /**
   * The next publication, in order; `before` is the position it follows.
   *
   * @param repeated it was delivered before, as a part of the log that was lost
   */
  onDelivery(delivery: Delivery, before: Position, repeated: boolean): void;
  /** Publications up to `to` were trimmed from the log before this instance could read them. */
  onGap(before: Position, to: number): void;
  /** The log was lost or forked: what follows continues after `position`. */
  onReset(position: Position): void;
}

/** What the logs of an instance share. */
export interface RoomLogContext {
  readonly broker: Broker;
  readonly options: SubscriptionOptions;
  readonly budget: TailBudget;
  readonly meter: Meter;
  /** After a cut all rooms want to be repaired at once; joins and sends should not have to wait behind them. */
  readonly repairs: LimitFunction;
  /** A member keeps up again, but was not told who came and went meanwhile. */
  readonly onMissedMembers?: (room: string, connection: Connection) => void;
}

/**
 * Everything delivered chains: each publication names the one delivered before it. One that doesn't is held
 * while the log is read from the last position on, once, however many members the room has. Serves one
 * subscription of the room's channel: create it before subscribing, `open` it after, `close` it in the end.
 */
export class RoomLog {
  #tail: Tail | undefined;
  #held: Publication[] = [];
  /**
   * Ids of what was delivered of a log that was lost, as far as it was in memory. Whoever has not heard that one is
   * stored sends it again, and a broker which has lost it stores it again.
   */
  #lost: Set<string> | undefined;
  #repairing = false;
  #doubted = false;
  #activeAt = performance.now();

  constructor(
    readonly room: string,
    private readonly context: RoomLogContext,
    private readonly listener: RoomLogListener,
  ) {}

  /** What of the log is in memory, up to the last delivered position. */
  get tail(): Tail {
    if (!this.#tail) throw new Error(`the log of room ${this.room} is not open`);
    return this.#tail;
  }

  get position(): Position {
    return this.tail.end;
  }

  /** Finds where the feed begins; what arrived since the channel was subscribed is held until then. */
  async open(depth: number): Promise<void> {
    const arrivedBefore = this.#held.length;
    const page = await this.context.broker.history(this.room, { from: 'newest', limit: depth });
    this.#tail = this.#newTail(page.head);
    if (depth > 0) this.#tail.prepend(page.publications);
    if (!this.#release(arrivedBefore)) void this.#repair();
  }

  close(): void {
    this.#tail?.trim(0);
    this.#tail = undefined;
    this.#held = [];
    this.#lost = undefined;
  }

  receive(publication: Publication): void {
    this.#activeAt = performance.now();
    if (this.#tail && !this.#repairing && this.#accept(publication)) return;
    if (this.#held.length < MAX_HELD)
      this.#held.push({ ...publication, body: Buffer.from(publication.body) });
    else this.#doubted = true;
    if (this.#tail && !this.#repairing) void this.#repair();
  }

  /** The feed was cut while the log was being opened: what was read may be older than the cut. */
  doubt(): void {
    if (!this.#tail) this.#doubted = true;
  }

  /** Compares with the log's end as the broker told it a moment ago. */
  compare(head: Position): void {
    if (this.#repairing) this.#doubted = true;
    else if (this.#tail && this.#tail.countAfter(head) === undefined) void this.#repair();
  }

  /** Whether nothing was published for a while, so that a lost publication would not show by itself. */
  get idle(): boolean {
    return performance.now() - this.#activeAt > this.context.options.headCheckIntervalMs;
  }

  tidy(): void {
    this.#tail?.tidy(this.idle);
    if (this.idle) this.#lost = undefined;
  }

  #newTail(end: Position): Tail {
    return new Tail(this.room, end, this.context.options, this.context.budget);
  }

  /** Delivers what follows, drops what was delivered before; false when it is neither. */
  #accept(publication: Publication): boolean {
    const before = this.position;
    if (!follows(publication, before)) return this.tail.countAfter(publication) !== undefined;
    this.tail.append(publication);
    const delivery = new Delivery(this.room, publication);
    const repeated = this.#lost?.delete(publication.messageId) ?? false;
    this.listener.onDelivery(delivery, before, repeated);
    return true;
  }

  /** Reads from the last position to the end of the log, for as long as it takes; then goes on live. */
  async #repair(): Promise<void> {
    this.#repairing = true;
    const { meter } = this.context;
    meter.gapsFound++;
    for (let done = false; !done;) {
      const arrivedBefore = this.#held.length;
      this.#doubted = false;
      await retryWhile(
        () => this.#tail !== undefined,
        () => this.context.repairs(() => this.#readOn()),
      );
      done = !this.#tail || this.#release(arrivedBefore);
    }
    this.#repairing = false;
    if (this.#tail) meter.gapsRepaired++;
  }

  async #readOn(): Promise<void> {
    for (let more = 1; more > 0 && this.#tail;) {
      const { offset, epoch } = this.position;
      const page = await this.context.broker.history(this.room, { from: 'after', offset, limit: PAGE });
      if (!this.#tail) return;
      more = page.more;
      const first = page.publications[0];
      if (first?.epoch === epoch && first.previousOffset > offset) this.#skipTrimmed(first);
      if (!continues(page, this.position)) return this.#rebase();
      for (const publication of page.publications) this.#accept(publication);
    }
  }

  #skipTrimmed(first: Publication): void {
    this.context.meter.gapsTold++;
    this.listener.onGap(this.position, first.previousOffset);
    this.#replaceTail(positionBefore(first));
  }

  /** Our position is not of this log: find where to go on, tell the members, go on from there. */
  async #rebase(): Promise<void> {
    const page = await this.context.broker.history(this.room, { from: 'newest', limit: PAGE });
    if (!this.#tail) return;
    const { tail } = this;
    const common = page.publications.findLast((publication) => tail.countAfter(publication) !== undefined);
    const first = page.publications[0];
    this.#lost = new Set([...(this.#lost ?? []), ...tail.idsAfter(common)].slice(-MAX_LOST));
    this.#replaceTail(common ? positionOf(common) : first ? positionBefore(first) : page.head);
    this.context.meter.resets++;
    this.listener.onReset(this.position);
    for (const publication of page.publications) {
      if (publication.offset > this.position.offset) this.#accept(publication);
    }
  }

  #replaceTail(end: Position): void {
    this.tail.trim(0);
    this.#tail = this.#newTail(end);
  }

  /**
   * Delivers what was held meanwhile. The first `arrivedBefore` were there before the log was read: those of
   * them which still don't fit are of no log any more. False: something newer needs another read.
   */
  #release(arrivedBefore: number): boolean {
    const held = this.#held;
    this.#held = [];
    for (const [index, publication] of held.entries()) {
      const { epoch, offset } = this.position;
      if (publication.epoch === epoch && publication.offset <= offset) continue;
      if (this.#accept(publication) || index < arrivedBefore) continue;
      this.#held = held.slice(index);
      return false;
    }
    return !this.#doubted;
  }
}

/** Whether a page read after `position` leads on from it. */
function continues(page: HistoryPage, position: Position): boolean {
  const first = page.publications[0];
  return first ? follows(first, position) : samePosition(page.head, position);
}
