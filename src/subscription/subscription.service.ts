// The index of rooms and local connections; drives the broker's subscriptions and delivers what they bring.
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import pLimit from 'p-limit';
import { Broker, type BrokerSink } from '../core/broker.js';
import type { Connection } from '../core/connection.js';
import { Meter } from '../core/meter.js';
import { decodeSignal, encodeSignal, type RoomSignal } from '../core/room-signal.js';
import type { ServerEvent } from '../protocol/events.js';
import type { Publication } from '../protocol/position.js';
import { isInternal } from '../protocol/room.js';
import { HeadCheck } from './head-check.js';
import type { Joined, JoinRequest } from './join.js';
import { RoomFeed } from './room-feed.js';
import type { RoomLog, RoomLogContext } from './room-log.js';
import { SubscriptionOptions } from './subscription-options.js';
import { TailBudget } from './tail.js';

/** Less than a broker reads at once. */
const REPAIRS_AT_ONCE = 8;

const NONE: readonly string[] = [];

/** Who acts on the unstored events of rooms. All methods return at once. */
export interface SignalListener {
  onSignal(room: string, signal: RoomSignal): void;
  /** Signals may have been lost; they flow again. */
  onInterrupted?(): void;
  /** A member keeps up again, but was not told who came and went meanwhile. */
  onMissedMembers?(room: string, connection: Connection): void;
}

/**
 * Invariant: once the broker's calls have settled, and a moment after the last change, a room's channel is
 * subscribed exactly while the room has local members.
 */
@Injectable()
export class SubscriptionService implements BrokerSink, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #feeds = new Map<string, RoomFeed>();
  /** Most connections are in few rooms: a list weighs a third of a set, and is searched as fast. */
  readonly #roomsOf = new Map<Connection, readonly string[]>();
  readonly #context: RoomLogContext;
  readonly #headCheck: HeadCheck;
  readonly #listeners = new Set<SignalListener>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly broker: Broker,
    private readonly options: SubscriptionOptions,
    private readonly meter: Meter,
  ) {
    const onMissedMembers: SignalListener['onMissedMembers'] = (room, connection) => {
      for (const listener of this.#listeners) listener.onMissedMembers?.(room, connection);
    };
    const budget = new TailBudget(options.tailBudgetBytes);
    const repairs = pLimit(REPAIRS_AT_ONCE);
    this.#context = { broker, options, budget, meter, repairs, onMissedMembers };
    this.#headCheck = new HeadCheck(broker, () => this.#openLogs());
  }

  onApplicationBootstrap(): void {
    this.broker.start(this);
    this.#timer = setInterval(() => this.#lookAfterIdleRooms(), this.options.headCheckIntervalMs).unref();
  }

  /** The last of the shutdown hooks, when the sockets are gone. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#headCheck.close();
    for (const feed of this.#feeds.values()) feed.dispose();
    this.#feeds.clear();
    await this.broker.close();
  }

  /** Rooms with local members. */
  get roomCount(): number {
    let count = 0;
    for (const feed of this.#feeds.values()) if (feed.memberCount > 0 && !isInternal(feed.room)) count++;
    return count;
  }

  /** Connections × rooms they are in, this instance itself left out. */
  get membershipCount(): number {
    let count = 0;
    for (const feed of this.#feeds.values()) if (!isInternal(feed.room)) count += feed.memberCount;
    return count;
  }

  /** How many rooms a connection is in. */
  countOf(connection: Connection): number {
    return this.roomsOf(connection).length;
  }

  /** The rooms a connection is in at the moment. */
  roomsOf(connection: Connection): readonly string[] {
    return this.#roomsOf.get(connection) ?? NONE;
  }

  isMember(connection: Connection, room: string): boolean {
    return this.roomsOf(connection).includes(room);
  }

  /** @throws ChatError UNAVAILABLE when the broker is needed for it and does not answer. */
  async join(connection: Connection, room: string, request: JoinRequest): Promise<Joined> {
    const joined = await this.#feedOf(room).join(connection, request);
    const { recovered } = joined;
    if (recovered !== undefined) this.meter.resumes.add(recovered ? 'recovered' : 'lost');
    const rooms = this.roomsOf(connection);
    if (!rooms.includes(room)) this.#roomsOf.set(connection, [...rooms, room]);
    return joined;
  }

  /**
   * Lets a connection hear a room's messages, from now on, without being a member of it.
   *
   * @throws ChatError UNAVAILABLE when the broker is needed for it and does not answer.
   */
  async overhear(connection: Connection, room: string): Promise<void> {
    (await this.#feedOf(room).join(connection, { overhear: true })).start();
  }

  /** Ends overhearing; whether there was any. Members stay. */
  ignore(connection: Connection, room: string): boolean {
    const feed = this.#feeds.get(room);
    return feed !== undefined && feed.overhears(connection) && feed.leave(connection);
  }

  /** Whether it was a member, or overheard the room. */
  leave(connection: Connection, room: string): boolean {
    const rooms = this.roomsOf(connection);
    if (!rooms.includes(room)) return this.ignore(connection, room);
    const others = rooms.filter((other) => other !== room);
    if (others.length > 0) this.#roomsOf.set(connection, others);
    else this.#roomsOf.delete(connection);
    return this.#feeds.get(room)?.leave(connection) ?? false;
  }

  /** To be called when a connection is closed; a join still under way finds it closed. */
  leaveAll(connection: Connection): void {
    for (const room of this.roomsOf(connection)) this.#feeds.get(room)?.leave(connection);
    this.#roomsOf.delete(connection);
  }

  onPublication(room: string, publication: Publication): void {
    this.#feeds.get(room)?.receive(publication);
  }

  onSignal(room: string, payload: Buffer): void {
    const signal = decodeSignal(payload);
    if (signal) for (const listener of this.#listeners) listener.onSignal(room, signal);
  }

  onInterrupted(): void {
    for (const feed of this.#feeds.values()) feed.doubt();
    void this.#headCheck.checkAll();
    for (const listener of this.#listeners) listener.onInterrupted?.();
  }

  /** For the lifetime of the application. */
  listen(listener: SignalListener): void {
    this.#listeners.add(listener);
  }

  /** Brings an unstored event to all instances with members of the room, this one too. @throws ChatError UNAVAILABLE */
  async signal(room: string, signal: RoomSignal): Promise<void> {
    await this.broker.signal(room, encodeSignal(signal));
  }

  /** Tells the local members of a room who keep up, but not the user with the id `except`. */
  hint(room: string, event: ServerEvent, except?: string): void {
    this.#feeds.get(room)?.hint(event, except);
  }

  #feedOf(room: string): RoomFeed {
    const known = this.#feeds.get(room);
    if (known) return known;
    const feed = new RoomFeed(room, this.#context, () => this.#feeds.delete(room));
    this.#feeds.set(room, feed);
    return feed;
  }

  #openLogs(): RoomLog[] {
    return [...this.#feeds.values()].flatMap((feed) => feed.log ?? []);
  }

  #lookAfterIdleRooms(): void {
    for (const log of this.#openLogs()) log.tidy();
    void this.#headCheck.checkIdle();
  }
}
