// Who is in which room over the fleet: keeps the presence store informed, and the members.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Connection, tell } from '../core/connection.js';
import { withDeadline } from '../core/deadline.js';
import { type MemberPage, PresenceStore, type RoomPage } from '../core/presence-store.js';
import type { RoomSignal } from '../core/room-signal.js';
import { CONTROL_ROOM } from '../protocol/room.js';
import { type SignalListener, SubscriptionService } from '../subscription/subscription.service.js';
import { PresenceLease } from './presence-lease.js';
import { PresenceOptions } from './presence-options.js';
import { PresenceSync } from './presence-sync.js';
import { PresentRoom } from './present-room.js';
import { TypingService } from './typing.service.js';

/** How long a join waits for the store to count it; then it is told what this instance knows. */
const JOIN_DEADLINE_MS = 500;
const ROOMS_PER_CHECK = 200;
const RECHECK_RETRY_MS = 1_000;
/** How often rooms are compared with the store though nothing happened to the links; it also keeps them alive there. */
const SWEEP_MS = 24 * 60 * 60 * 1_000;

@Injectable()
export class PresenceService implements SignalListener, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #rooms = new Map<string, PresentRoom>();
  readonly #lease: PresenceLease;
  readonly #sync: PresenceSync;
  #recheckWanted = false;
  #sweeper: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    private readonly store: PresenceStore,
    private readonly subscriptions: SubscriptionService,
    private readonly options: PresenceOptions,
    private readonly typists: TypingService,
  ) {
    this.#lease = new PresenceLease(store, options.leaseMs, {
      onBeat: () => this.#onBeat(),
      onLost: (announced) => this.#onLost(announced),
    });
    this.#sync = new PresenceSync(store, this.#lease);
    subscriptions.listen(this);
  }

  onApplicationBootstrap(): void {
    this.#lease.start();
    this.#sweeper = setInterval(() => this.onInterrupted(), SWEEP_MS).unref();
  }

  /** When the connections are drained and the broker still works: those who don't come elsewhere leave by and by. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#sweeper);
    this.#sync.end();
    for (const room of this.#rooms.values()) room.dispose();
    this.#rooms.clear();
    const inMs = this.options.graceMs;
    try {
      await this.#lease.end(inMs);
      await this.subscriptions.signal(CONTROL_ROOM, { type: 'ending', inMs });
    } catch {
      // Then they leave when the lease runs out.
    }
  }

  /**
   * To be called when a connection has joined a room, again too.
   *
   * @returns how many users are in the room over the fleet, this one included; when the store doesn't answer soon,
   * as far as this instance knows, and the connection is told when it turns out otherwise
   */
  async join(connection: Connection, name: string): Promise<number> {
    if (this.#ended || connection.closed) return 1;
    const room = this.#roomOf(name);
    room.roster.add(connection, this.#lease.now);
    this.#sync.mark(room);
    const settled = await this.#settledSoon(room, connection);
    const told = room.members;
    if (!settled) void this.#correct(room, connection, told);
    return told;
  }

  /** The user said so: without other connections in the room, it has left. */
  leave(connection: Connection, room: string): void {
    this.#remove(connection, room, 0);
  }

  /** In rooms of which only the number of members is told, nobody is told who types either. */
  typing(connection: Connection, room: string, typing: boolean): void {
    if (!typing) this.typists.stop(connection, room);
    else if (this.countOf(room) <= this.options.countSize) this.typists.start(connection, room);
  }

  /** The connection is gone: its user may come back, here or elsewhere, and then has never left. */
  drop(connection: Connection, room: string): void {
    this.#remove(connection, room, this.options.graceMs);
  }

  /** As far as this instance knows; 0 for a room without local members. */
  countOf(room: string): number {
    return this.#rooms.get(room)?.members ?? 0;
  }

  /** Whether this instance's members are known to the others. */
  get leased(): boolean {
    return this.#lease.current !== undefined;
  }

  /** Users × rooms in which they are by this instance. */
  get localMembers(): number {
    let count = 0;
    for (const { roster } of this.#rooms.values()) count += roster.registered;
    return count;
  }

  /** @throws ChatError UNAVAILABLE */
  members(room: string, limit: number): Promise<MemberPage> {
    return this.store.members(room, limit);
  }

  /** Rooms with members over the fleet, by name, from behind `after`. @throws ChatError UNAVAILABLE */
  rooms(limit: number, after?: string): Promise<RoomPage> {
    return this.store.rooms(limit, after);
  }

  onSignal(name: string, signal: RoomSignal): void {
    if (signal.type === 'members') this.#rooms.get(name)?.onSignal(signal);
    else if (signal.type === 'ending' && name === CONTROL_ROOM) this.#lease.hurry(signal.inMs);
  }

  onInterrupted(): void {
    this.#recheckWanted = true;
    this.#lease.hurry();
  }

  onMissedMembers(name: string, connection: Connection): void {
    const room = this.#rooms.get(name);
    if (room) this.#tellCount(connection, room);
  }

  #roomOf(name: string): PresentRoom {
    const known = this.#rooms.get(name);
    if (known) return known;
    const tellRoom: ConstructorParameters<typeof PresentRoom>[2] = (event, except) =>
      this.subscriptions.hint(name, event, except);
    const room = new PresentRoom(name, this.options, tellRoom, () => {
      room.dispose();
      this.#rooms.delete(name);
    });
    this.#rooms.set(name, room);
    return room;
  }

  #remove(connection: Connection, name: string, graceMs: number): void {
    this.typists.stop(connection, name);
    const room = this.#rooms.get(name);
    room?.remove(connection, graceMs, () => this.#sync.mark(room));
  }

  /** Whether the store has counted a user who joined, before the join has to be answered. */
  async #settledSoon({ roster }: PresentRoom, { session: { user } }: Connection): Promise<boolean> {
    const settled = roster.settled(user.id);
    const waitMs = this.#sync.failing ? 0 : JOIN_DEADLINE_MS;
    const outcome = withDeadline(settled, waitMs, () => new Error('no answer in time'));
    return (await outcome.catch(() => 'failed')) !== 'failed';
  }

  /** Tells who joined while the store was away how many there really are, as soon as that is known. */
  async #correct(room: PresentRoom, connection: Connection, told: number): Promise<void> {
    const { id } = connection.session.user;
    while ((await room.roster.settled(id)) === 'failed');
    if (room.members !== told) this.#tellCount(connection, room);
  }

  #tellCount(connection: Connection, { roster: { room }, members }: PresentRoom): void {
    if (!this.subscriptions.isMember(connection, room)) return;
    tell(connection, { type: 'MEMBERS_CHANGED', room, members });
  }

  #onBeat(): void {
    this.#sync.resume();
    if (!this.#recheckWanted) return;
    this.#recheckWanted = false;
    void this.#recheck().catch(() => {
      this.#recheckWanted = true;
      this.#lease.hurry(RECHECK_RETRY_MS);
    });
  }

  #onLost(announced: boolean): void {
    for (const room of this.#rooms.values()) {
      room.onLost(announced);
      this.#sync.mark(room);
    }
  }

  /** Compares all rooms with the store, after a time in which it may have lost something, or we may have. */
  async #recheck(): Promise<void> {
    const rooms = [...this.#rooms.values()];
    for (let at = 0; at < rooms.length; at += ROOMS_PER_CHECK) {
      const lease = this.#lease.current;
      if (!lease) return;
      const some = rooms.slice(at, at + ROOMS_PER_CHECK);
      const revisions = some.map(({ roster }) => roster.revision);
      const states = await this.store.check(
        lease,
        some.map(({ roster }) => roster.room),
      );
      const wrong = some.filter((room, index) => {
        const { roster } = room;
        room.onRecheck(states[index]!);
        const stable = roster.revision === revisions[index] && !this.#sync.isBusy(room);
        return stable && roster.registered !== states[index]!.held;
      });
      if (wrong.length > 0 && this.#lease.current?.id === lease.id) return this.#lease.replace();
    }
  }
}
