// Reading a room's past for its members: from memory where possible, one read of the broker for all who ask.
import {
  type ClaimedPosition,
  follows,
  type Position,
  positionBefore,
  positionOf,
  type Publication,
  samePosition,
} from '../protocol/position.js';
import { Delivery } from './delivery.js';
import type { RoomLog, RoomLogContext } from './room-log.js';

const PAGE = 300;

/** A stretch of the log up to where the room stood when it was found. */
export interface Replay {
  /** The position before it. */
  readonly from: Position;
  /** The position at its end. */
  readonly to: Position;
  /** How many publications it has. */
  readonly count: number;
}

export class RoomReplay {
  #reading: Promise<void> | undefined;

  constructor(
    private readonly log: RoomLog,
    private readonly context: RoomLogContext,
  ) {}

  /** What came after a position; undefined when the log does not lead from there to here without a hole. */
  async since(claim: ClaimedPosition): Promise<Replay | undefined> {
    await this.#reachUp(claim);
    const { position } = this.log;
    const known = this.#inTail(claim);
    if (known || claim.epoch !== position.epoch || claim.offset >= position.offset) return known;
    await this.#reachBack(position.offset - claim.offset);
    const found = this.#inTail(claim);
    if (found || claim.offset >= this.log.tail.start.offset) return found;
    const { broker } = this.context;
    const page = await broker.history(this.log.room, { from: 'after', offset: claim.offset, limit: 1 });
    const first = page.publications[0];
    if (!first || !follows(first, claim)) return undefined;
    // Since the read, either may be ahead of the other: the log at the broker, or this instance's feed.
    const to = this.log.position;
    return { from: positionBefore(first), to, count: 1 + page.more - (page.head.offset - to.offset) };
  }

  /** The newest `count` publications, or fewer where the log has no more. */
  async newest(count: number): Promise<Replay> {
    await this.#reachBack(count);
    const { tail } = this.log;
    const to = tail.end;
    const read = tail.length < count && tail.start.offset > 0 ? await this.#before(to, count) : [];
    // What comes while that is read follows live.
    if (read[0]) return { from: positionBefore(read[0]), to, count: read.length };
    const available = Math.min(count, this.log.tail.length);
    return { from: this.log.tail.positionBefore(available), to: this.log.position, count: available };
  }

  /** The publications that lead up to a position; none when the log has another one there. */
  async #before(position: Position, limit: number): Promise<readonly Publication[]> {
    if (position.offset === 0) return [];
    const range = { from: 'before', offset: position.offset + 1, limit } as const;
    const { publications } = await this.context.broker.history(this.log.room, range);
    const last = publications.at(-1);
    return last && samePosition(positionOf(last), position) ? publications : [];
  }

  /**
   * The next publications after a position, at most `limit`; the first may lie behind a hole where the log
   * was trimmed. Undefined: the position is of no log any more.
   */
  async after(position: Position, limit: number): Promise<readonly Delivery[] | undefined> {
    const { tail, room } = this.log;
    const count = tail.countAfter(position);
    if (count !== undefined) return tail.newest(count, limit);
    if (position.epoch !== tail.end.epoch || position.offset >= tail.start.offset) return undefined;
    const page = await this.context.broker.history(room, { from: 'after', offset: position.offset, limit });
    const first = page.publications[0];
    const forked = first?.previousOffset === position.offset && !follows(first, position);
    if (!first || first.epoch !== position.epoch || forked) return undefined;
    // What this instance has not seen itself yet comes live.
    return page.publications
      .filter((publication) => publication.offset <= this.log.position.offset)
      .map((publication) => new Delivery(room, publication));
  }

  #inTail(claim: ClaimedPosition): Replay | undefined {
    const { tail } = this.log;
    const count = tail.countAfter(claim);
    return count === undefined ? undefined : { from: tail.positionBefore(count), to: tail.end, count };
  }

  /** Who comes from an instance that was ahead of this one has seen more of the log: so it is read on. */
  async #reachUp({ epoch, offset }: ClaimedPosition): Promise<void> {
    const { room, position } = this.log;
    if (epoch !== position.epoch || offset <= position.offset) return;
    const range = { from: 'after', offset: position.offset, limit: PAGE } as const;
    const { publications } = await this.context.broker.history(room, range);
    for (const publication of publications) this.log.receive(publication);
  }

  /** Lets the tail hold the newest `count`, as far as the log and the memory for it allow. */
  async #reachBack(count: number): Promise<void> {
    const wanted = Math.min(count, this.context.options.maxTailSize);
    while (this.log.tail.length < wanted && !this.context.budget.exceeded) {
      const { offset } = this.log.tail.start;
      if (offset === 0) return;
      this.#reading ??= this.#readBack(wanted - this.log.tail.length).finally(
        () => (this.#reading = undefined),
      );
      await this.#reading;
      if (this.log.tail.start.offset >= offset) return;
    }
  }

  async #readBack(missing: number): Promise<void> {
    const { start } = this.log.tail;
    const older = await this.#before(start, Math.max(missing, PAGE));
    // Meanwhile the tail may have been trimmed, or the log may have forked: then this doesn't fit.
    if (older.length === 0 || !samePosition(this.log.tail.start, start)) return;
    this.log.tail.prepend(older);
  }
}
