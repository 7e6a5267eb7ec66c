// A presence store seen by two instances, with what it announces, and with the faults a test can switch.
import { EmbeddedBroker } from '../../src/brokers/embedded/embedded.broker.js';
import { EmbeddedPresence } from '../../src/brokers/embedded/embedded.presence.js';
import { RedisBroker } from '../../src/brokers/redis/redis.broker.js';
import { RedisPresence } from '../../src/brokers/redis/redis.presence.js';
import { RedisManager } from '../../src/brokers/redis/redis-manager.js';
import type { Broker } from '../../src/core/broker.js';
import type { Lease, PresenceStore, Renewal } from '../../src/core/presence-store.js';
import { decodeSignal, type MembersSignal } from '../../src/core/room-signal.js';
import { Redis } from 'ioredis';
import { untilServing } from './broker-pair.js';
import { RecordingSink } from './recording-sink.js';
import type { RedisServer } from './redis-server.js';

/** Longer than any test: leases run out only when a test lets them. */
const LEASE_MS = 600_000;

/** What an implementation of the PresenceStore seam has to offer to be tested. */
export interface PresenceHarness {
  /** Two instances of one store, the same object twice where there can be but one. */
  readonly stores: () => readonly [PresenceStore, PresenceStore];
  readonly broker: Broker;
  /** Lets a lease run out, as if it had not been renewed for its whole time, while the others were. */
  readonly lapse: (lease: string, others: readonly string[]) => Promise<void>;
  /** Lets all leases run out, as if nobody had reached the store for long. */
  readonly silence: () => Promise<void>;
  /** Loses all data. */
  readonly wipe: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export type OpenPresence = () => Promise<PresenceHarness>;

export async function embeddedPresence(): Promise<PresenceHarness> {
  const broker = new EmbeddedBroker({ size: 10, ttlMs: 60_000, maxBytes: 1_000_000 });
  let now = Date.now();
  const open = (): PresenceStore => new EmbeddedPresence(broker, () => now);
  let store = open();
  return {
    stores: () => [store, store],
    broker,
    lapse: async (lease, others) => {
      await store.renew(lease, { ...TERMS, claimMs: 0 });
      for (const advance of [LEASE_MS / 3, LEASE_MS / 3, LEASE_MS / 3 - 1, 1]) {
        now += advance;
        if (advance > 1) for (const other of others) await store.renew(other, { ...TERMS, claimMs: 0 });
      }
    },
    silence: async () => {
      now += 2 * LEASE_MS;
    },
    wipe: async () => {
      store = open();
    },
    close: () => broker.close(),
  };
}

export async function redisPresence(server: RedisServer): Promise<PresenceHarness> {
  const { url } = server;
  const managers = [true, false].map((directIo) => new RedisManager({ url, directIo }));
  const history = { size: 10, ttlMs: 60_000, maxBytes: 0 };
  const brokers = managers.map((manager) => new RedisBroker(manager, history)) as [RedisBroker, RedisBroker];
  const stores = managers.map((manager) => new RedisPresence(manager)) as [RedisPresence, RedisPresence];
  const admin = new Redis(server.url);
  // The second one's sink is nobody's; it is started for its link.
  brokers[1].start(new RecordingSink());
  await untilServing(brokers[1]);
  return {
    stores: () => stores,
    broker: brokers[0],
    lapse: async (lease) => {
      await admin.zadd('{roomcast:presence}:leases', 'XX', 1, lease);
      await admin.hset('{roomcast:presence}:fleet', 's', 1);
    },
    silence: async () => {
      for (const lease of await admin.zrange('{roomcast:presence}:leases', '0', '-1')) {
        await admin.zadd('{roomcast:presence}:leases', 1, lease);
      }
      await admin.hset('{roomcast:presence}:fleet', 'b', 1, 's', 1);
    },
    wipe: async () => {
      await admin.flushall();
    },
    close: async () => {
      admin.disconnect();
      await Promise.all(brokers.map((broker) => broker.close()));
    },
  };
}

const TERMS = { durationMs: LEASE_MS, claimMs: LEASE_MS, fresh: false };

let lastLease = 0;

/** One test's view of a store: its leases, and what it announces in one room. */
export class PresenceStage {
  readonly sink = new RecordingSink();
  /** Those which were taken and have not run out. */
  readonly #live = new Set<string>();

  private constructor(private readonly harness: PresenceHarness) {}

  static async open(open: OpenPresence): Promise<PresenceStage> {
    const stage = new PresenceStage(await open());
    stage.harness.broker.start(stage.sink);
    await untilServing(stage.harness.broker);
    return stage;
  }

  async close(): Promise<void> {
    await this.harness.close();
  }

  get store(): PresenceStore {
    return this.harness.stores()[0];
  }

  /** As another instance sees it. */
  get elsewhere(): PresenceStore {
    return this.harness.stores()[1];
  }

  async listen(room: string): Promise<string> {
    await this.harness.broker.subscribe(room);
    return room;
  }

  /** A lease which register never finds over, whatever the clock; what taking it claims, anyone may claim again. */
  async take(store = this.store): Promise<Lease & Renewal> {
    const id = `i-${++lastLease}`;
    this.#live.add(id);
    const renewal = await store.renew(id, { ...TERMS, claimMs: 0, fresh: true });
    return { ...renewal, id, until: Number.MAX_SAFE_INTEGER };
  }

  /** `claimMs`: how long what it claims is nobody else's. */
  renew({ id }: Lease, { store = this.store, claimMs = LEASE_MS } = {}): Promise<Renewal> {
    return store.renew(id, { ...TERMS, claimMs });
  }

  async lapse({ id }: Lease): Promise<void> {
    this.#live.delete(id);
    for (const other of this.#live) await this.store.renew(other, { ...TERMS, claimMs: 0 });
    await this.harness.lapse(id, [...this.#live]);
  }

  /** A lease that had run out, and was renewed all the same. */
  revive(lease: Lease): Lease {
    this.#live.add(lease.id);
    return lease;
  }

  /** Renews a lease, and reaps what it claims. */
  async reapAs(lease: Lease, store = this.store): Promise<readonly string[]> {
    const { claimed } = await this.renew(lease, { store });
    for (const dead of claimed) await store.reap(dead);
    return claimed;
  }

  silence(): Promise<void> {
    return this.harness.silence();
  }

  async wipe(): Promise<void> {
    this.#live.clear();
    await this.harness.wipe();
  }

  /** All that was announced in a room, once `count` announcements are there and no more are on their way. */
  async announced(room: string, count: number): Promise<MembersSignal[]> {
    await this.sink.until(() => this.sink.signals(room).length >= count, `${count} announcements`);
    await this.harness.broker.signal(room, Buffer.from('fence'));
    const fenced = (): boolean => this.sink.signals(room).some((payload) => payload.toString() === 'fence');
    await this.sink.until(fenced, 'the fence after the announcements');
    return this.sink.signals(room).flatMap((payload) => {
      const signal = decodeSignal(payload);
      return signal?.type === 'members' ? signal : [];
    });
  }
}
