// Presence on NATS: each change of a room is a record on its subject, which is its announcement, too.
import { Injectable } from '@nestjs/common';
import {
  type HeldState,
  type Lease,
  type LeaseTerms,
  type MemberPage,
  type MembersState,
  PresenceStore,
  type Registration,
  type Renewal,
  type RoomPage,
  type RoomSummary,
} from '../../core/presence-store.js';
import { ChatError } from '../../protocol/errors.js';
import { BrokerClock } from './broker-clock.js';
import { LeaseRegistry } from './lease-registry.js';
import { NatsLog } from './nats-log.js';
import type { NatsLink } from './nats-link.js';
import { NatsManager } from './nats-manager.js';
import { roomOfSubject, tokenOf } from './nats-names.js';
import { decodePresence, type PresenceChange, type PresenceState } from './presence-state.js';
import { RoomPresence } from './room-presence.js';

/** Rooms of which the members are kept in memory; of others they are read anew. */
const MAX_ROOMS = 10_000;
const REAP_USERS = 200;
/** How long a room that is empty keeps its last record, so that versions rise, ms. */
const EMPTY_ROOM_MS = 60_000;

@Injectable()
export class NatsPresence extends PresenceStore {
  readonly #log: NatsLog;
  readonly #clock: BrokerClock;
  readonly #leases: LeaseRegistry;
  /** The longest unused first. */
  readonly #rooms = new Map<string, RoomPresence>();
  /** Rooms that became empty by us, and their last record. */
  readonly #empty = new Map<string, number>();
  #knownOn: NatsLink | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(private readonly manager: NatsManager) {
    super();
    const { names } = manager;
    this.#log = new NatsLog(manager, names.presenceStream);
    this.#clock = new BrokerClock(new NatsLog(manager, names.idStream), names.idSubject('!clock', 'now'));
    this.#leases = new LeaseRegistry(manager, this.#clock);
  }

  renew(id: string, terms: LeaseTerms): Promise<Renewal> {
    return this.manager.call(this.#leases.renew(id, terms));
  }

  release(id: string, afterMs: number): Promise<void> {
    return this.manager.call(this.#leases.release(id, afterMs));
  }

  async reap(id: string): Promise<void> {
    const { names } = this.manager;
    for (const subject of await this.manager.call(this.#log.subjects(names.placeSubject(id, '*')))) {
      const room = roomOfSubject(subject);
      await this.manager.call(this.#fence(room));
      for (let held = 1; held > 0;) {
        held = (await this.manager.call(this.#unregister(id, room, (all) => all.slice(0, REAP_USERS)))).held;
      }
      await this.manager.call(this.#log.purge(subject, Number.MAX_SAFE_INTEGER));
    }
    await this.manager.call(this.#leases.reaped(id));
  }

  register(lease: Lease, room: string, users: readonly Registration[]): Promise<MembersState> {
    const place = this.manager.names.placeSubject(lease.id, tokenOf(room));
    const registered = this.#roomOf(room).change(async (state) => {
      const { now } = this.#clock;
      const change = state.register(users, { lease: lease.id, now });
      // First, so that a reaper finds the room whenever we stop.
      if (change && state.heldBy(lease.id).length === 0) await this.#log.put(place, NOTHING);
      if (this.#clock.now >= lease.until) throw new ChatError('UNAVAILABLE', 'The lease is over');
      return change;
    });
    return this.manager.call(registered.then(({ summary }) => summary));
  }

  async unregister(lease: Lease, room: string, userIds: readonly string[]): Promise<MembersState> {
    const { members, version } = await this.manager.call(this.#unregister(lease.id, room, () => userIds));
    return { members, version };
  }

  async check(lease: Lease, rooms: readonly string[]): Promise<HeldState[]> {
    const states = Promise.all(rooms.map((room) => this.#roomOf(room).read()));
    return (await this.manager.call(states)).map((state) => state.stateFor(lease.id));
  }

  async members(room: string, limit: number): Promise<MemberPage> {
    const state = await this.manager.call(this.#roomOf(room).read());
    return { count: state.summary.members, members: state.list(limit) };
  }

  async rooms(limit: number, after = ''): Promise<RoomPage> {
    const subjects = await this.manager.call(this.#log.subjects(this.manager.names.presenceSubject('*')));
    const names = subjects.map(roomOfSubject).filter((name) => name > after);
    names.sort(byCodeUnits);
    const found: RoomSummary[] = [];
    for (let at = 0; at < names.length && found.length <= limit; at += limit) {
      found.push(...(await this.manager.call(this.#summaries(names.slice(at, at + limit)))));
    }
    const rooms = found.slice(0, limit);
    return found.length > limit ? { rooms, next: rooms.at(-1)!.name } : { rooms };
  }

  async #summaries(names: readonly string[]): Promise<RoomSummary[]> {
    const { names: subjects } = this.manager;
    const records = await Promise.all(
      names.map((name) => this.#log.last(subjects.presenceSubject(tokenOf(name)))),
    );
    return records.flatMap((stored, index) => {
      const record = stored && decodePresence(stored.payload);
      if (!record || record.count === 0) return [];
      const createdAt = new Date(record.createdAt).toISOString();
      return { name: names[index]!, count: record.count, createdAt };
    });
  }

  async #unregister(
    lease: string,
    room: string,
    choose: (held: string[]) => readonly string[],
  ): Promise<HeldState> {
    let change: PresenceChange | undefined;
    const state = await this.#roomOf(room).change(async (present) => {
      const occasion = { lease, now: this.#clock.now };
      return (change = present.unregister(choose(present.heldBy(lease)), occasion));
    });
    if (change) await this.#tidy(lease, room, state);
    return state.stateFor(lease);
  }

  /** What is under way to the room, from an instance that was stuck, must not arrive after the reaping. */
  async #fence(room: string): Promise<void> {
    const state = await this.#roomOf(room).change(async (present) => present.touch(this.#clock.now));
    if (state.summary.members === 0) this.#bury(room, state.seq);
  }

  /** A lease without members in the room has no place there; a room without members goes after a while. */
  async #tidy(lease: string, room: string, state: PresenceState): Promise<void> {
    const { names } = this.manager;
    if (state.summary.members === 0) this.#bury(room, state.seq);
    if (state.heldBy(lease).length > 0) return;
    // A place that is taken later is newer than this change, and stays.
    await this.#log.purge(names.placeSubject(lease, tokenOf(room)), state.seq);
  }

  #bury(room: string, seq: number): void {
    this.#empty.set(room, seq);
    if (!this.#sweeper) this.#sweeper = setTimeout(() => this.#sweep(), EMPTY_ROOM_MS).unref();
  }

  /** What can't be deleted now stays until the room is used again. */
  #sweep(): void {
    this.#sweeper = undefined;
    for (const [room, seq] of this.#empty) {
      const subject = this.manager.names.presenceSubject(tokenOf(room));
      this.#log.purge(subject, seq + 1).catch(() => undefined);
      this.#rooms.delete(room);
    }
    this.#empty.clear();
  }

  #roomOf(name: string): RoomPresence {
    // On another link, it may be another stream.
    if (this.#knownOn !== this.manager.link) this.#rooms.clear();
    this.#knownOn = this.manager.link;
    const subject = this.manager.names.presenceSubject(tokenOf(name));
    const room = this.#rooms.get(name) ?? new RoomPresence(this.#log, subject);
    this.#rooms.delete(name);
    this.#rooms.set(name, room);
    for (const oldest of this.#rooms.keys()) {
      if (this.#rooms.size <= MAX_ROOMS) break;
      this.#rooms.delete(oldest);
    }
    return room;
  }
}

const NOTHING = Buffer.alloc(0);

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
