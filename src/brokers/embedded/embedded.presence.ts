// Presence inside the process: for the embedded broker, whose one instance knows all members anyway.
import type { Broker } from '../../core/broker.js';
import { newEpoch } from '../../core/ids.js';
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
} from '../../core/presence-store.js';
import { encodeSignal } from '../../core/room-signal.js';
import { ChatError } from '../../protocol/errors.js';
import type { Identity } from '../../protocol/events.js';

interface StoredMember {
  user: Identity;
  readonly since: number;
  readonly leases: Set<string>;
}

interface StoredRoom {
  readonly createdAt: number;
  /** Longest present first. */
  readonly members: Map<string, StoredMember>;
  version: number;
  /** Version of the last change that named anybody. */
  named: number;
}

const MAX_CLAIMS = 10;

export class EmbeddedPresence extends PresenceStore {
  readonly #epoch = newEpoch();
  readonly #rooms = new Map<string, StoredRoom>();
  /** When each lease runs out, ms. */
  readonly #leases = new Map<string, number>();
  /** Leases that are over, and from when on each may be reaped, ms. */
  readonly #dead = new Map<string, number>();
  #fleet = { heardAt: Number.NEGATIVE_INFINITY, since: 0 };

  constructor(
    private readonly broker: Broker,
    private readonly clock: () => number = Date.now,
  ) {
    super();
  }

  async renew(id: string, { durationMs, claimMs, fresh }: LeaseTerms): Promise<Renewal> {
    const now = this.clock();
    const until = now + durationMs;
    const silent = now - this.#fleet.heardAt > durationMs / 2;
    this.#fleet = { heardAt: now, since: silent ? now : this.#fleet.since };
    const held = fresh || this.#leases.has(id);
    const renewal = { held, epoch: this.#epoch, now, until };
    if (!held) return { ...renewal, claimed: [], nextMs: undefined };
    this.#leases.set(id, until);
    const reapableFrom = this.#fleet.since + durationMs;
    if (now >= reapableFrom) this.#buryOver(now);
    const claimed = [...this.#dead].filter(([, from]) => from <= now).slice(0, MAX_CLAIMS);
    for (const [lease] of claimed) this.#dead.set(lease, now + claimMs);
    const ends = [...this.#leases].filter(([lease]) => lease !== id).map(([, end]) => end);
    const next = Math.min(...ends.map((end) => Math.max(end, reapableFrom)), ...this.#dead.values());
    const nextMs = Number.isFinite(next) ? Math.max(0, next - now) : undefined;
    return { ...renewal, claimed: claimed.map(([lease]) => lease), nextMs };
  }

  async release(id: string, afterMs: number): Promise<void> {
    this.#leases.delete(id);
    this.#dead.set(id, this.clock() + afterMs);
  }

  async reap(id: string): Promise<void> {
    for (const [room, { members }] of this.#rooms) {
      const ids = [...members].filter(([, { leases }]) => leases.has(id)).map(([userId]) => userId);
      if (ids.length > 0) this.#remove(id, room, ids);
    }
    this.#dead.delete(id);
  }

  async register(lease: Lease, name: string, users: readonly Registration[]): Promise<MembersState> {
    const now = this.clock();
    if (now >= lease.until) throw new ChatError('UNAVAILABLE', 'The lease is over');
    const room = this.#rooms.get(name) ?? { createdAt: now, members: new Map(), version: 0, named: 0 };
    this.#rooms.set(name, room);
    const fresh = users.filter(({ user }) => !room.members.has(user.id));
    for (const { user, since } of users) {
      const member = room.members.get(user.id) ?? { user, since: Math.min(since, now), leases: new Set() };
      member.user = user;
      member.leases.add(lease.id);
      room.members.set(user.id, member);
    }
    const joined = fresh.filter(({ announce }) => announce).map(({ user }) => user);
    if (fresh.length > 0) this.#change(name, room, { joined, left: [] });
    return stateOf(room);
  }

  async unregister(lease: Lease, room: string, userIds: readonly string[]): Promise<MembersState> {
    return this.#remove(lease.id, room, userIds);
  }

  async check(lease: Lease, rooms: readonly string[]): Promise<HeldState[]> {
    return rooms.map((name) => {
      const room = this.#rooms.get(name);
      const members = [...(room?.members.values() ?? [])];
      const held = members.filter(({ leases }) => leases.has(lease.id)).length;
      return { ...stateOf(room), held, named: room?.named ?? 0 };
    });
  }

  async members(name: string, limit: number): Promise<MemberPage> {
    const members = [...(this.#rooms.get(name)?.members.values() ?? [])]
      .toSorted((a, b) => a.since - b.since)
      .slice(0, limit);
    return {
      count: this.#rooms.get(name)?.members.size ?? 0,
      members: members.map(({ user: { id, name: called }, since }) => ({
        id,
        name: called,
        since: isoOf(since),
      })),
    };
  }

  async rooms(limit: number, after = ''): Promise<RoomPage> {
    const names = [...this.#rooms.keys()].filter((name) => name > after).toSorted();
    const rooms = names.slice(0, limit).map((name) => {
      const { members, createdAt } = this.#rooms.get(name)!;
      return { name, count: members.size, createdAt: isoOf(createdAt) };
    });
    return names.length > limit ? { rooms, next: rooms.at(-1)!.name } : { rooms };
  }

  /** From now on what ran out can't be renewed any more. */
  #buryOver(now: number): void {
    const over = [...this.#leases].filter(([, until]) => until <= now).slice(0, MAX_CLAIMS);
    for (const [lease] of over) {
      this.#leases.delete(lease);
      this.#dead.set(lease, now);
    }
  }

  #remove(lease: string, name: string, userIds: readonly string[]): MembersState {
    const room = this.#rooms.get(name);
    if (!room) return stateOf(room);
    const left: Identity[] = [];
    for (const id of userIds) {
      const member = room.members.get(id);
      if (!member?.leases.delete(lease) || member.leases.size > 0) continue;
      room.members.delete(id);
      left.push(member.user);
    }
    if (left.length > 0) this.#change(name, room, { joined: [], left });
    return stateOf(room);
  }

  #change(name: string, room: StoredRoom, who: { joined: Identity[]; left: Identity[] }): void {
    const previous = room.named;
    room.version = Math.max(room.version + 1, this.clock() * 1_000);
    if (who.joined.length + who.left.length > 0) room.named = room.version;
    if (room.members.size === 0) this.#rooms.delete(name);
    const signal = encodeSignal({ type: 'members', ...who, ...stateOf(room), previous });
    // It fails only once the broker is closed, and then there is nobody to hear it.
    this.broker.signal(name, signal).catch(() => undefined);
  }
}

function stateOf(room: StoredRoom | undefined): MembersState {
  return { members: room?.members.size ?? 0, version: room?.version ?? 0 };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
