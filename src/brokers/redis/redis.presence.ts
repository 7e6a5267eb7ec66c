// Presence on Redis: members in a hash per room, leases in a sorted set, each change and its event in one script.
import { Injectable } from '@nestjs/common';
import { newEpoch } from '../../core/ids.js';
import {
  type HeldState,
  type Lease,
  type LeaseTerms,
  type Member,
  type MemberPage,
  type MembersState,
  PresenceStore,
  type Registration,
  type Renewal,
  type RoomPage,
  type RoomSummary,
} from '../../core/presence-store.js';
import { ChatError } from '../../protocol/errors.js';
import type { Identity } from '../../protocol/events.js';
import { channelOf } from '../../protocol/room.js';
import { failingAsOne } from './pipeline.js';
import {
  type ChangeReply,
  type CheckReply,
  definePresenceScripts,
  type ListReply,
  type RenewReply,
} from './redis-presence.scripts.js';
import { RedisManager } from './redis-manager.js';

const LEASES = '{roomcast:presence}:leases';
const DEAD = '{roomcast:presence}:dead';
const FLEET = '{roomcast:presence}:fleet';
const ROOMS_OF = '{roomcast:presence}:rooms:';
/** All keys live so long without a change or a check: ghosts of a fleet that never comes back go by themselves. */
const TTL_MS = 7 * 24 * 60 * 60 * 1_000;
const MAX_CLAIMS = 10;
const REAP_ROOMS = 100;
const REAP_USERS = 200;

@Injectable()
export class RedisPresence extends PresenceStore {
  constructor(private readonly manager: RedisManager) {
    super();
    definePresenceScripts(manager.commands);
  }

  async renew(id: string, { durationMs, claimMs, fresh }: LeaseTerms): Promise<Renewal> {
    const keys = [LEASES, DEAD, FLEET, ROOMS_OF + id];
    const times = [durationMs, claimMs, fresh ? 1 : 0, newEpoch(), TTL_MS, MAX_CLAIMS];
    const reply: RenewReply = await this.manager.call(
      this.manager.commands.presenceRenew(...keys, id, ...times),
    );
    const [held, epoch, now, nextMs, ...claimed] = reply;
    const until = now + durationMs;
    return { held: held === 1, epoch, now, until, claimed, nextMs: nextMs < 0 ? undefined : nextMs };
  }

  async release(id: string, afterMs: number): Promise<void> {
    await this.manager.call(this.manager.commands.presenceRelease(LEASES, DEAD, id, afterMs, TTL_MS));
  }

  async reap(id: string): Promise<void> {
    const { commands } = this.manager;
    for (;;) {
      const rooms = await this.manager.call(commands.zrange(ROOMS_OF + id, 0, `${REAP_ROOMS - 1}`));
      if (rooms.length === 0) break;
      const pipeline = commands.pipeline();
      for (const room of rooms) pipeline.presenceUnregister(...unregistering(id, room, []));
      const replies = (await this.#exec(pipeline)) as ChangeReply[];
      const done = rooms.filter((_room, index) => replies[index]![2] === 0);
      if (done.length > 0) await this.manager.call(commands.zrem(ROOMS_OF + id, ...done));
    }
    await this.manager.call(commands.zrem(DEAD, id));
  }

  async register(lease: Lease, room: string, users: readonly Registration[]): Promise<MembersState> {
    const members = users.flatMap(({ user: { id, name }, since, announce }) => [
      id,
      since,
      announce ? 1 : 0,
      JSON.stringify({ id, name } satisfies Identity),
    ]);
    const keys = [...roomKeys(room, lease.id), ROOMS_OF + lease.id];
    const terms = [lease.id, Math.floor(lease.until), TTL_MS, channelOf(room), room];
    const reply = this.manager.commands.presenceRegister(...keys, ...terms, ...members);
    const [count, version] = await this.manager.call(reply);
    if (count < 0) throw new ChatError('UNAVAILABLE', 'The lease is over');
    return { members: count, version };
  }

  async unregister(lease: Lease, room: string, userIds: readonly string[]): Promise<MembersState> {
    if (userIds.length === 0) throw new RangeError('nobody to unregister');
    const reply = this.manager.commands.presenceUnregister(...unregistering(lease.id, room, userIds));
    const [members, version, held] = await this.manager.call(reply);
    if (held === 0) await this.manager.call(this.manager.commands.zrem(ROOMS_OF + lease.id, room));
    return { members, version };
  }

  async check(lease: Lease, rooms: readonly string[]): Promise<HeldState[]> {
    const pipeline = this.manager.commands.pipeline();
    for (const room of rooms) pipeline.presenceCheck(...roomKeys(room, lease.id), TTL_MS);
    // What a reaper goes by; a late command of a link that was given up may have crossed a room out.
    pipeline.zadd(ROOMS_OF + lease.id, ...rooms.flatMap((room) => [0, room]));
    const replies = (await this.#exec(pipeline)).slice(0, -1) as CheckReply[];
    return replies.map(([members, version, held, named]) => ({ members, version, held, named }));
  }

  async members(room: string, limit: number): Promise<MemberPage> {
    const [members, since] = roomKeys(room, '') as [string, string];
    const reply: ListReply = await this.manager.call(
      this.manager.commands.presenceList(members, since, limit),
    );
    const [count, ...rest] = reply;
    const list: Member[] = [];
    for (let at = 0; at + 1 < rest.length; at += 2) list.push(decodeMember(rest[at]!, rest[at + 1]!));
    return { count, members: list };
  }

  async rooms(limit: number, after = ''): Promise<RoomPage> {
    const found: RoomSummary[] = [];
    for (let last = after; ;) {
      const names = await this.manager.call(
        this.manager.commands.presenceRooms(LEASES, DEAD, ROOMS_OF, last, limit),
      );
      const page = names.toSorted(byBytes).slice(0, limit);
      for (const summary of await this.#summaries(page)) {
        if (found.length === limit) return { rooms: found, next: found.at(-1)!.name };
        found.push(summary);
      }
      // Fewer were found than asked for where rooms are empty already, and the instance hasn't crossed them out yet.
      if (page.length < limit) return { rooms: found };
      last = page.at(-1)!;
    }
  }

  async #summaries(names: readonly string[]): Promise<RoomSummary[]> {
    const pipeline = this.manager.commands.pipeline();
    for (const name of names) {
      const [, since, presence] = roomKeys(name, '') as [string, string, string];
      pipeline.zcard(since).hget(presence, 'c');
    }
    const replies = await this.#exec(pipeline);
    return names.flatMap((name, index) => {
      const [count, createdAt] = replies.slice(2 * index, 2 * index + 2) as [number, string | null];
      return count > 0 ? { name, count, createdAt: isoOf(Number(createdAt)) } : [];
    });
  }

  #exec(pipeline: { exec(): Promise<[Error | null, unknown][] | null> }): Promise<unknown[]> {
    return this.manager.call(failingAsOne(pipeline.exec()));
  }
}

function roomKeys(room: string, lease: string): string[] {
  return ['members', 'since', 'presence', `on:${lease}`].map((name) => `{${channelOf(room)}}:${name}`);
}

function unregistering(lease: string, room: string, userIds: readonly string[]): (string | number)[] {
  return [...roomKeys(room, lease), lease, REAP_USERS, TTL_MS, channelOf(room), ...userIds];
}

function decodeMember(since: string, entry: string): Member {
  const { id, name } = JSON.parse(entry.slice(entry.indexOf(' ') + 1)) as Identity;
  return { id, name, since: isoOf(Number(since)) };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** As Redis orders names. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
