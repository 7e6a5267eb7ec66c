// The seam of who is where: rooms' members, registered under leases which instances have to renew.
import type { Identity } from '../protocol/events.js';

/**
 * An instance's right to have members. Its id is used once: a lease that has run out never comes back, and what
 * was registered under it is reaped. All times are the broker's own, so a wrong clock of an instance does no harm.
 */
export interface Lease {
  readonly id: string;
  /** Broker's time, ms since 1970. */
  readonly until: number;
}

export interface LeaseTerms {
  readonly durationMs: number;
  /** How long a reaper has before another instance takes over. */
  readonly claimMs: number;
  /** Takes a lease with an id not used before; else the lease must exist. */
  readonly fresh: boolean;
}

export interface Renewal {
  /** False: the lease is over, or the store lost its data; nothing was renewed. */
  readonly held: boolean;
  /** Names the life of the store's data: another one means that all registrations were lost. */
  readonly epoch: string;
  /** Broker's time, ms since 1970. */
  readonly now: number;
  /** Until when the lease runs, by the same clock. */
  readonly until: number;
  /** Leases that ran out, at most 10, which this instance is to reap now; nobody else is until `claimMs` passed. */
  readonly claimed: readonly string[];
  /** How long until there may be something to reap, ms; undefined: nothing in sight. */
  readonly nextMs: number | undefined;
}

export interface Registration {
  readonly user: Identity;
  /** Broker's time, ms since 1970; counts only where the user is not a member yet. */
  readonly since: number;
  /** Whether the others are to hear of it, should it make the user a member. */
  readonly announce: boolean;
}

/** How many members a room has, as of a version: of two, the one with the higher version is newer. */
export interface MembersState {
  readonly members: number;
  readonly version: number;
}

export interface HeldState extends MembersState {
  /** How many users are registered in the room under the lease asked about. */
  readonly held: number;
  /** Version of the last change that named anybody; 0 where none did since the room was empty. */
  readonly named: number;
}

export interface Member extends Identity {
  /** ISO 8601, UTC, milliseconds. */
  readonly since: string;
}

export interface MemberPage {
  /** Of all members. */
  readonly count: number;
  /** Longest present first. */
  readonly members: readonly Member[];
}

export interface RoomSummary {
  readonly name: string;
  /** Members; never 0. */
  readonly count: number;
  /** When the room's first member came, after it was empty. ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface RoomPage {
  /** By name. */
  readonly rooms: readonly RoomSummary[];
  /** The name to continue after; absent at the end. */
  readonly next?: string;
}

/**
 * A user is a member of a room from the first registration to the end of the last one, over all leases. Each
 * method is one atomic step per room and may be repeated without harm after an unknown outcome. The step which
 * makes or ends a membership also announces it, by a `MembersSignal` through the broker: so exactly one instance
 * announces each change, in order, whatever crashes; it is heard at most once.
 *
 * Every method has a deadline, and rejects with ChatError UNAVAILABLE when the store doesn't answer within it.
 */
export abstract class PresenceStore {
  /**
   * The heartbeat: one call per instance, whatever it holds. Leases run out only while instances are heard from:
   * after a silence of more than half a lease, all have a whole one again.
   */
  abstract renew(id: string, terms: LeaseTerms): Promise<Renewal>;

  /** From now on the lease can't be renewed; it is reapable `afterMs` from now. */
  abstract release(id: string, afterMs: number): Promise<void>;

  /** Ends all registrations of a claimed lease. Stopped midway, another reaper goes on. */
  abstract reap(id: string): Promise<void>;

  /** At most 200 users at once. Rejects when the lease has run out by the broker's clock. */
  abstract register(lease: Lease, room: string, users: readonly Registration[]): Promise<MembersState>;

  /** At most 200 users at once; those not registered under the lease are passed over. */
  abstract unregister(lease: Lease, room: string, userIds: readonly string[]): Promise<MembersState>;

  /** What the store has, in the order of `rooms`, at least one; keeps it from expiring. To be called now and then. */
  abstract check(lease: Lease, rooms: readonly string[]): Promise<HeldState[]>;

  /** `limit` from 1. */
  abstract members(room: string, limit: number): Promise<MemberPage>;

  /** Rooms that have members, over all instances, by name; those behind the name `after` where given. */
  abstract rooms(limit: number, after?: string): Promise<RoomPage>;
}

/** Most users in one call of `register` or `unregister`. */
export const MAX_USERS_PER_CALL = 200;
