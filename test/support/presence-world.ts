// The rooms floor of one instance over the embedded broker, with a presence store whose faults a test can switch.
// For tests with fake timers: `tick` lets time pass, and all that follows from it happen.
import { jest } from '@jest/globals';
import { Meter } from '../../src/core/meter.js';
import { EmbeddedBroker } from '../../src/brokers/embedded/embedded.broker.js';
import { EmbeddedPresence } from '../../src/brokers/embedded/embedded.presence.js';
import type { Lease, PresenceStore } from '../../src/core/presence-store.js';
import { ChatError } from '../../src/protocol/errors.js';
import type { PresenceOptions } from '../../src/rooms/presence-options.js';
import { PresenceService } from '../../src/rooms/presence.service.js';
import { MessageService } from '../../src/rooms/message.service.js';
import { RoomService } from '../../src/rooms/room.service.js';
import { TypingService } from '../../src/rooms/typing.service.js';
import { SubscriptionService } from '../../src/subscription/subscription.service.js';
import { FakeConnection, type NativeFrame } from './fake-connection.js';

export const ROOM = 'room';

const PRESENCE = { leaseMs: 30_000, graceMs: 3_000, summarySize: 5, countSize: 10 };
const SUBSCRIPTION = {
  tailSize: 10,
  maxTailSize: 10,
  tailBudgetBytes: 1_000_000,
  lingerMs: 1_000,
  headCheckIntervalMs: 60_000,
};

/** When a store that hangs gives up. */
const DEADLINE_MS = 1_800;

type Health = 'serving' | 'refusing' | 'hanging';

/** Whoever uses the store through it finds it in the health that `world` says. */
function switchable(world: Pick<PresenceWorld, 'health' | 'refused' | 'inner' | 'lease'>): PresenceStore {
  return new Proxy(world.inner, {
    get: (_target, name) => {
      const method: unknown = Reflect.get(world.inner, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        if (name === 'register') world.lease = args[0] as Lease;
        if (world.health === 'hanging') await new Promise((resolve) => setTimeout(resolve, DEADLINE_MS));
        if (world.health !== 'serving' || world.refused === name) throw new ChatError('UNAVAILABLE', 'away');
        return method.apply(world.inner, args) as unknown;
      };
    },
  });
}

export class PresenceWorld {
  readonly broker = new EmbeddedBroker({ size: 100, ttlMs: 3_600_000, maxBytes: 1_000_000 });
  readonly subscriptions = new SubscriptionService(this.broker, SUBSCRIPTION, new Meter());
  readonly typing = new TypingService(this.subscriptions);
  health: Health = 'serving';
  /** One method which the store refuses though it is well. */
  refused: keyof PresenceStore | undefined;
  /** The instance's own lease, as it used it last. */
  lease: Lease | undefined;
  inner: PresenceStore = new EmbeddedPresence(this.broker);
  readonly presence: PresenceService;
  readonly rooms: RoomService;
  #elsewhere: Lease | undefined;

  constructor(options: Partial<PresenceOptions> = {}) {
    const all = { ...PRESENCE, ...options };
    this.presence = new PresenceService(switchable(this), this.subscriptions, all, this.typing);
    const limits = { maxMessageBytes: 1_000, maxPageBytes: 1_000_000, maxRooms: 10, idempotencyTtlMs: 1_000 };
    this.rooms = new RoomService(
      new MessageService(this.broker, limits, new Meter()),
      this.subscriptions,
      this.presence,
      limits,
    );
  }

  async start(): Promise<void> {
    this.subscriptions.onApplicationBootstrap();
    this.presence.onApplicationBootstrap();
    await tick();
  }

  async stop(): Promise<void> {
    this.health = 'serving';
    this.typing.onModuleDestroy();
    await this.presence.beforeApplicationShutdown();
    await this.subscriptions.onApplicationShutdown();
  }

  /** Joins on a connection of its own; `waitMs` passes until the answer is awaited. */
  async join(id: string, { room = ROOM, waitMs = 0 } = {}): Promise<Guest> {
    const guest = new Guest(id);
    const joining = this.rooms.join(guest, { room });
    await tick(waitMs);
    const joined = await joining;
    joined.start();
    await tick();
    guest.members = joined.reply.members;
    return guest;
  }

  async joinAll(...ids: string[]): Promise<Guest[]> {
    const guests: Guest[] = [];
    for (const id of ids) guests.push(await this.join(id));
    return guests;
  }

  async leave(guest: Guest, room = ROOM): Promise<void> {
    this.rooms.leave(guest, { room });
    await tick();
  }

  /** Its connection is lost. */
  async vanish(guest: Guest): Promise<void> {
    guest.close(4000);
    this.rooms.leaveAll(guest);
    await tick();
  }

  /** Another instance, as far as the store shows it. */
  async elsewhere(): Promise<Lease> {
    const terms = { durationMs: 86_400_000, claimMs: 0, fresh: true };
    this.#elsewhere ??= { id: 'elsewhere', ...(await this.inner.renew('elsewhere', terms)) };
    return this.#elsewhere;
  }

  async joinElsewhere(...ids: string[]): Promise<void> {
    await this.registerElsewhere(ids, true);
  }

  /** `announce`: whether they are new, or registered again after the store lost them. */
  async registerElsewhere(ids: readonly string[], announce: boolean): Promise<void> {
    const registrations = ids.map((id) => ({ user: { id, name: id }, since: 0, announce }));
    await this.inner.register(await this.elsewhere(), ROOM, registrations);
    await tick();
  }

  async leaveElsewhere(...ids: string[]): Promise<void> {
    await this.inner.unregister(await this.elsewhere(), ROOM, ids);
    await tick();
  }

  /** The store begins anew, with nothing in it. */
  loseData(): void {
    this.#elsewhere = undefined;
    this.inner = new EmbeddedPresence(this.broker);
  }

  async idsInStore(): Promise<string[]> {
    return (await this.inner.members(ROOM, 1_000)).members.map(({ id }) => id).toSorted();
  }
}

/** A member who remembers what it was told of the others. */
export class Guest extends FakeConnection {
  /** What SUBSCRIBED said. */
  members = 0;
  override readonly session;
  #read = 0;

  constructor(id: string) {
    super();
    this.session = { ...new FakeConnection().session, user: { id, name: id } };
  }

  /** What was told since the last call, in short: `+bob 2`, `-bob 1`, `typing bob`, `3 +ada -bob`, `3`. */
  news(): string[] {
    const unread = this.frames.slice(this.#read);
    this.#read = this.frames.length;
    return unread.flatMap((frame) => shortOf(frame) ?? []);
  }
}

function shortOf({ type, member, members, typing, joined, left }: NativeFrame): string | undefined {
  const name = (member as { id: string } | undefined)?.id;
  switch (type) {
    case 'MEMBER_JOINED':
      return `+${name} ${String(members)}`;
    case 'MEMBER_LEFT':
      return `-${name} ${String(members)}`;
    case 'TYPING':
      return `${typing === true ? 'typing' : 'silent'} ${name}`;
    case 'MEMBERS_CHANGED':
      return [members, ...namesOf('+', joined), ...namesOf('-', left)].join(' ');
    default:
      return undefined;
  }
}

function namesOf(sign: string, members: unknown): string[] {
  return ((members ?? []) as { id: string }[]).map(({ id }) => sign + id);
}

/** The clock stands still, but for `tick`; turns of the event loop are real. */
export function stopClock(): void {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] });
}

/** Lets time pass, and what is due then happen, with all that follows from it at once. */
export async function tick(ms = 0): Promise<void> {
  await turns();
  await jest.advanceTimersByTimeAsync(ms);
  await turns();
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
