// One room's members as its records tell them, and the record of the next change.
import type { HeldState, Member, MembersState, Registration } from '../../core/presence-store.js';
import { encodeSignal, type MembersSignal } from '../../core/room-signal.js';
import type { Identity } from '../../protocol/events.js';

/** First byte of a record's payload. */
const MEMBERS = 0x6d; // m
const NEWLINE = 0x0a;
/** Records a room may have besides one for each so many members, before the oldest are told again and deleted. */
const MAX_RECORDS = 64;
const MEMBERS_PER_RECORD = 16;
/** Members told again in one record. */
const MAX_RETOLD = 200;

interface StoredMember {
  readonly name: string;
  /** Broker's time, ms. */
  readonly since: number;
  readonly leases: readonly string[];
}

/** What a record says; of those it doesn't mention, what older ones said still holds. */
export interface PresenceRecord {
  /** Sequence of the room's record before it; 0: none. */
  readonly after: number;
  readonly version: number;
  /** Version of the last change that named anybody; 0 where none did since the room was empty. */
  readonly named: number;
  /** When the first of the present members came, broker's time, ms. */
  readonly createdAt: number;
  /** How many there are. */
  readonly count: number;
  readonly set: readonly (readonly [id: string, member: StoredMember])[];
  readonly gone: readonly string[];
}

export interface PresenceChange {
  readonly payload: Buffer;
  readonly record: PresenceRecord;
  /** Once it is stored, records below this sequence say nothing that isn't said again. */
  readonly obsoleteBelow: number;
}

/** What a change comes to. */
interface Outcome {
  readonly set: ReadonlyMap<string, StoredMember>;
  readonly gone: ReadonlyMap<string, Identity>;
  /** Where members came or went. */
  readonly announced: Pick<MembersSignal, 'joined' | 'left'> | undefined;
}

interface Occasion {
  readonly lease: string;
  /** Broker's time, ms. */
  readonly now: number;
}

export class PresenceState {
  /** By when each was last mentioned, the longest ago first. */
  readonly #members = new Map<string, StoredMember & { readonly seq: number }>();
  /** Sequences of the records that are stored. */
  #records: number[] = [];
  #version = 0;
  #named = 0;
  #createdAt = 0;

  /** Of the last record; 0: the room has none. */
  get seq(): number {
    return this.#records.at(-1) ?? 0;
  }

  get summary(): MembersState {
    return { members: this.#members.size, version: this.#version };
  }

  /** Ids of the users who are registered under a lease. */
  heldBy(lease: string): string[] {
    return [...this.#members].filter(([, { leases }]) => leases.includes(lease)).map(([id]) => id);
  }

  stateFor(lease: string): HeldState {
    return { ...this.summary, held: this.heldBy(lease).length, named: this.#named };
  }

  /** Longest present first. */
  list(limit: number): Member[] {
    return [...this.#members]
      .toSorted(([, a], [, b]) => a.since - b.since)
      .slice(0, limit)
      .map(([id, { name, since }]) => ({ id, name, since: new Date(since).toISOString() }));
  }

  /** Takes the room's next record; false: it isn't the next, so some are missing. The first one may follow any. */
  apply(record: PresenceRecord, seq: number): boolean {
    if (seq <= this.seq) return true;
    if (this.seq !== 0 && record.after !== this.seq) return false;
    for (const id of record.gone) this.#members.delete(id);
    for (const [id, member] of record.set) {
      this.#members.delete(id);
      this.#members.set(id, { ...member, seq });
    }
    this.#version = record.version;
    this.#named = record.named;
    this.#createdAt = record.createdAt;
    this.#records.push(seq);
    return true;
  }

  /** To be called when records below a sequence were deleted. */
  trimmed(below: number): void {
    this.#records = this.#records.filter((seq) => seq >= below);
  }

  /** Undefined where all of it holds already. */
  register(users: readonly Registration[], { lease, now }: Occasion): PresenceChange | undefined {
    const set = new Map<string, StoredMember>();
    const fresh: Registration[] = [];
    for (const each of users) {
      const { id, name } = each.user;
      const known = set.get(id) ?? this.#members.get(id);
      if (known?.name === name && known.leases.includes(lease)) continue;
      if (!known) fresh.push(each);
      const { since, leases } = known ?? { since: Math.min(each.since, now), leases: [] };
      set.set(id, { name, since, leases: [...new Set([lease, ...leases])] });
    }
    if (set.size === 0) return undefined;
    const joined = fresh.filter(({ announce }) => announce).map(({ user }) => user);
    const announced = fresh.length > 0 ? { joined, left: [] } : undefined;
    return this.#change({ set, gone: new Map(), announced }, now);
  }

  /** Undefined where none of them is registered under the lease. */
  unregister(userIds: readonly string[], { lease, now }: Occasion): PresenceChange | undefined {
    const set = new Map<string, StoredMember>();
    const gone = new Map<string, Identity>();
    for (const id of userIds) {
      const known = this.#members.get(id);
      if (!known?.leases.includes(lease)) continue;
      const { name, since } = known;
      const leases = known.leases.filter((other) => other !== lease);
      if (leases.length > 0) set.set(id, { name, since, leases });
      else gone.set(id, { id, name });
    }
    if (set.size + gone.size === 0) return undefined;
    const announced = gone.size > 0 ? { joined: [], left: [...gone.values()] } : undefined;
    return this.#change({ set, gone, announced }, now);
  }

  /** Changes nothing; but what was planned before it isn't the next record any more. */
  touch(now: number): PresenceChange {
    return this.#change({ set: new Map(), gone: new Map(), announced: undefined }, now);
  }

  #change({ set, gone, announced }: Outcome, now: number): PresenceChange {
    const fresh = [...set.keys()].filter((id) => !this.#members.has(id)).length;
    const count = this.#members.size + fresh - gone.size;
    // Of time, so that it rises over a loss of the data, too.
    const version = announced ? Math.max(this.#version + 1, Math.floor(now * 1_000)) : this.#version;
    const { retold, obsoleteBelow } = this.#oldest(count);
    const untouched = retold.filter(([id]) => !set.has(id) && !gone.has(id));
    const record = {
      after: this.seq,
      version,
      named: count === 0 ? 0 : namesAnyone(announced) ? version : this.#named,
      createdAt: this.#members.size === 0 ? now : this.#createdAt,
      count,
      set: [...untouched, ...set],
      gone: [...gone.keys()],
    };
    const counts = { members: count, version, previous: this.#named };
    const signal = announced && { type: 'members' as const, ...announced, ...counts };
    return { record, obsoleteBelow, payload: encode(record, signal) };
  }

  /** Where there are too many records, the members who were mentioned longest ago, and from where on others were. */
  #oldest(count: number): { retold: [string, StoredMember][]; obsoleteBelow: number } {
    if (count === 0) return { retold: [], obsoleteBelow: Infinity };
    if (this.#records.length <= MAX_RECORDS + this.#members.size / MEMBERS_PER_RECORD) {
      return { retold: [], obsoleteBelow: 0 };
    }
    const members = [...this.#members];
    const obsoleteBelow = members[MAX_RETOLD]?.[1].seq ?? Infinity;
    const retold = members
      .slice(0, MAX_RETOLD)
      .map(([id, { name, since, leases }]): [string, StoredMember] => [id, { name, since, leases }]);
    return { retold, obsoleteBelow };
  }
}

function namesAnyone(announced: Outcome['announced']): boolean {
  return announced !== undefined && announced.joined.length + announced.left.length > 0;
}

/** `m`, the signal which announces it, where there is one, a line feed, and the record; both JSON. */
function encode(record: PresenceRecord, signal: MembersSignal | undefined): Buffer {
  const announcement = signal ? encodeSignal(signal) : Buffer.alloc(0);
  return Buffer.concat([
    Buffer.of(MEMBERS),
    announcement,
    Buffer.of(NEWLINE),
    Buffer.from(JSON.stringify(record)),
  ]);
}

export function decodePresence(payload: Buffer): PresenceRecord {
  return JSON.parse(payload.toString('utf8', payload.indexOf(NEWLINE) + 1)) as PresenceRecord;
}

/** Whether a payload is a record of presence. */
export function isPresence(payload: Buffer): boolean {
  return payload[0] === MEMBERS;
}

/** The signal which announces a record; empty where nothing is to be announced. */
export function announcementOf(payload: Buffer): Buffer {
  return payload.subarray(1, payload.indexOf(NEWLINE));
}
