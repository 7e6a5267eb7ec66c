// One room on this instance: its local members, and the broker subscription that lasts while there are any.
import { retryWhile } from '../core/backoff.js';
import { type Connection, tellLoss } from '../core/connection.js';
import type { Dialect, Frame } from '../protocol/dialects/dialect.js';
import type { LossEvent, ServerEvent } from '../protocol/events.js';
import { ChatError } from '../protocol/errors.js';
import { type Position, positionOf } from '../protocol/position.js';
import { isInternal } from '../protocol/room.js';
import { CatchUp } from './catch-up.js';
import type { Delivery } from './delivery.js';
import type { Joined, JoinRequest } from './join.js';
import { RoomLog, type RoomLogContext, type RoomLogListener } from './room-log.js';
import { type Replay, RoomReplay } from './room-replay.js';

export class RoomFeed implements RoomLogListener {
  readonly #live = new Set<Connection>();
  readonly #behind = new Map<Connection, CatchUp>();
  /** Those of both who are no members. */
  readonly #overhearing = new Set<Connection>();
  /** Those who were live when the log was lost: they have had what was delivered of it. */
  #witnesses: WeakSet<Connection> | undefined;
  #joining = 0;
  #log: RoomLog | undefined;
  #replay: RoomReplay | undefined;
  #opening: Promise<void> | undefined;
  /** Broker calls of the room, one after the other. */
  #calls: Promise<void> = Promise.resolve();
  #lingering: NodeJS.Timeout | undefined;

  constructor(
    readonly room: string,
    private readonly context: RoomLogContext,
    /** Called when the broker subscription is gone and nobody wants it. */
    private readonly onUnused: (feed: RoomFeed) => void,
  ) {}

  /** The log while the room is subscribed and open. */
  get log(): RoomLog | undefined {
    return this.#replay && this.#log;
  }

  /** Members, and who overhears them. */
  get size(): number {
    return this.#live.size + this.#behind.size;
  }

  get memberCount(): number {
    return this.size - this.#overhearing.size;
  }

  has(connection: Connection): boolean {
    return this.#live.has(connection) || this.#behind.has(connection);
  }

  overhears(connection: Connection): boolean {
    return this.#overhearing.has(connection);
  }

  /** @throws ChatError UNAVAILABLE when the broker is needed for it and does not answer. */
  async join(connection: Connection, request: JoinRequest): Promise<Joined> {
    this.#joining++;
    try {
      const [log, replay] = await this.#open(request);
      const { since, history } = request;
      const located = since ? await replay.since(since) : history ? await replay.newest(history) : undefined;
      if (connection.closed) throw new ChatError('UNAVAILABLE', 'The connection is closed');
      const recovered = since && located !== undefined;
      const stays = !located && this.has(connection) && !since;
      const place = located ?? { from: log.position, to: log.position, count: 0 };
      const joined = stays ? alreadyJoined(log) : this.#admit(connection, place, recovered);
      if (!request.overhear) this.#overhearing.delete(connection);
      else if (!stays) this.#overhearing.add(connection);
      return joined;
    } finally {
      this.#joining--;
      this.#closeUnlessWanted();
    }
  }

  /** Whether it was a member. */
  leave(connection: Connection): boolean {
    this.#behind.get(connection)?.stop();
    const left = this.#live.delete(connection) || this.#behind.delete(connection);
    this.#overhearing.delete(connection);
    if (left) this.#closeUnlessWanted();
    return left;
  }

  /** Brings an unstored event to the members who keep up; the others find out by themselves. */
  broadcast(event: LossEvent): void {
    for (const connection of this.#live) tellLoss(connection, event);
  }

  /**
   * Brings an event which is the first to be dropped under pressure to the members who keep up, but not to the
   * user with the id `except`; encoded once per dialect. A dropped one of who came or went is made up for.
   */
  hint(event: ServerEvent, except?: string): void {
    const frames = new Map<Dialect, Frame | undefined>();
    for (const connection of this.#live) {
      const { dialect, writable, session } = connection;
      if (session.user.id === except || this.overhears(connection)) continue;
      if (!writable) {
        if (event.type !== 'TYPING') this.#startCatchUp(connection, this.#log!.position);
        continue;
      }
      if (!frames.has(dialect)) frames.set(dialect, dialect.encodeEvent(event));
      const frame = frames.get(dialect);
      if (frame !== undefined) connection.send(frame);
    }
    if (event.type === 'TYPING') return;
    for (const [{ session }, catchUp] of this.#behind) {
      if (session.user.id !== except) catchUp.missedMembers = true;
    }
  }

  onDelivery(delivery: Delivery, before: Position, repeated = false): void {
    for (const connection of this.#live) {
      if (repeated && this.#witnesses?.has(connection)) {
        tellLoss(connection, this.#resetTo(positionOf(delivery.publication)));
      } else if (connection.writable) connection.send(delivery.frameFor(connection.dialect));
      else this.#startCatchUp(connection, before);
    }
    if (!isInternal(this.room))
      this.context.meter.onDelivered(delivery.publication.messageId, this.#live.size);
    delivery.forgetFrames();
  }

  onGap(before: Position, to: number): void {
    const { room } = this;
    this.broadcast({ type: 'GAP', room, epoch: before.epoch, from: before.offset + 1, to });
  }

  onReset(position: Position): void {
    this.#witnesses = new WeakSet(this.#live);
    this.broadcast(this.#resetTo(position));
  }

  /** The broker's feed was cut. Logs that are open are compared with the broker's; one that is opening can't be yet. */
  doubt(): void {
    this.#log?.doubt();
  }

  receive(...args: Parameters<RoomLog['receive']>): void {
    this.#log?.receive(...args);
  }

  /** Stops timers and replays; the broker's own end takes its subscriptions along. */
  dispose(): void {
    clearTimeout(this.#lingering);
    for (const catchUp of this.#behind.values()) catchUp.stop();
    this.#log?.close();
  }

  #resetTo({ epoch, offset }: Position): LossEvent {
    return { type: 'RESET', room: this.room, epoch, offset, reason: 'broker_data_lost' };
  }

  /** Members who join are behind at first, if only by nothing: there is one way to become live. */
  #admit(connection: Connection, { from, to, count }: Replay, recovered: boolean | undefined): Joined {
    this.leave(connection);
    const catchUp = this.#catchUp(connection, from);
    const start = () => {
      // Who came before is in the number that the reply tells.
      catchUp.missedMembers = false;
      void catchUp.run();
    };
    return { position: to, replayed: count, recovered, start };
  }

  #startCatchUp(connection: Connection, position: Position): void {
    this.#live.delete(connection);
    this.context.meter.fellBehind++;
    void this.#catchUp(connection, position).run();
  }

  #catchUp(connection: Connection, position: Position): CatchUp {
    const source = { log: this.#log!, replay: this.#replay!, meter: this.context.meter };
    const catchUp = new CatchUp(connection, position, source, () => {
      this.#behind.delete(connection);
      this.#live.add(connection);
      if (catchUp.missedMembers) this.context.onMissedMembers?.(this.room, connection);
    });
    this.#behind.set(connection, catchUp);
    return catchUp;
  }

  get #wanted(): boolean {
    return this.size > 0 || this.#joining > 0;
  }

  /** Subscribes the channel and finds the log's end, once for all who join meanwhile. */
  async #open(request: JoinRequest): Promise<[RoomLog, RoomReplay]> {
    clearTimeout(this.#lingering);
    this.#opening ??= this.#serially(async () => {
      const log = (this.#log = new RoomLog(this.room, this.context, this));
      try {
        await this.context.broker.subscribe(this.room);
        await log.open(request.since ? this.context.options.tailSize : (request.history ?? 0));
        this.#replay = new RoomReplay(log, this.context);
      } catch (error) {
        this.#opening = undefined;
        throw error;
      }
    });
    await this.#opening;
    return [this.#log!, this.#replay!];
  }

  #closeUnlessWanted(): void {
    if (this.#wanted) return;
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => {
      void this.#serially(() => this.#close());
    }, this.context.options.lingerMs);
  }

  /** Tries until the broker has let go or somebody joins again. */
  async #close(): Promise<void> {
    await retryWhile(
      () => !this.#wanted,
      async () => {
        this.#opening = undefined;
        this.#replay = undefined;
        this.#log?.close();
        await this.context.broker.unsubscribe(this.room);
        if (!this.#wanted) this.onUnused(this);
      },
    );
  }

  /** Runs a broker call after those before it, whether they failed or not. */
  #serially(call: () => Promise<void>): Promise<void> {
    const result = this.#calls.then(call);
    this.#calls = result.catch(() => undefined);
    return result;
  }
}

function alreadyJoined(log: RoomLog): Joined {
  return { position: log.position, replayed: 0, recovered: undefined, start: () => undefined };
}
