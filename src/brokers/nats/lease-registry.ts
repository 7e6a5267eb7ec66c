// The fleet's leases: one entry of a bucket, changed by compare-and-set, in the broker's time.
import { jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { newEpoch } from '../../core/ids.js';
import type { LeaseTerms, Renewal } from '../../core/presence-store.js';
import { CALL_DEADLINE_MS } from '../link-timing.js';
import type { BrokerClock } from './broker-clock.js';
import type { NatsLink } from './nats-link.js';
import type { NatsManager } from './nats-manager.js';

const KEY = 'fleet';
const MAX_CLAIMS = 10;
/** Tries against other instances that change it at the same time. */
const MAX_TRIES = 20;

/** All times are the broker's, ms. */
export interface Fleet {
  epoch: string;
  /** The last heartbeat of anyone, and since when without a break. */
  heardAt: number;
  since: number;
  /** When each lease runs out. */
  leases: Record<string, number>;
  /** Leases that are over, and from when on each may be reaped. */
  dead: Record<string, number>;
}

export class LeaseRegistry {
  #bucket: { readonly link: NatsLink; readonly opened: Promise<KV> } | undefined;

  constructor(
    private readonly manager: NatsManager,
    private readonly clock: BrokerClock,
  ) {}

  renew(id: string, terms: LeaseTerms): Promise<Renewal> {
    return this.change((fleet, now) => renewed(fleet, id, terms, now));
  }

  release(id: string, afterMs: number): Promise<void> {
    return this.change((fleet, now) => {
      delete fleet.leases[id];
      fleet.dead[id] = now + afterMs;
    });
  }

  /** All registrations under the lease have ended. */
  reaped(id: string): Promise<void> {
    return this.change((fleet) => void delete fleet.dead[id]);
  }

  /** `act` may be called several times, each time with what is stored then. */
  async change<T>(act: (fleet: Fleet, now: number) => T): Promise<T> {
    const bucket = await this.#open();
    for (let tries = 1; ; tries++) {
      const [now, entry] = await Promise.all([this.clock.ask(), bucket.get(KEY)]);
      const fleet = entry?.json<Fleet>() ?? newFleet();
      const result = act(fleet, now);
      try {
        await bucket.put(KEY, JSON.stringify(fleet), { previousSeq: entry?.revision ?? 0 });
        return result;
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
      }
    }
  }

  #open(): Promise<KV> {
    const { link, names, replicas } = this.manager;
    if (this.#bucket?.link === link) return this.#bucket.opened;
    const client = jetstream(link.connection, { timeout: CALL_DEADLINE_MS });
    const opened = new Kvm(client).create(names.leaseBucket, { history: 1, replicas });
    this.#bucket = { link, opened };
    opened.catch(() => (this.#bucket = undefined));
    return opened;
  }
}

function newFleet(): Fleet {
  return { epoch: newEpoch(), heardAt: 0, since: 0, leases: {}, dead: {} };
}

/**
 * A fleet that was silent for long could not reach NATS: nobody's lease counts as over then, until everybody had the
 * time to renew it.
 */
function renewed(fleet: Fleet, id: string, { durationMs, claimMs, fresh }: LeaseTerms, now: number): Renewal {
  const { epoch, leases, dead } = fleet;
  const until = now + durationMs;
  const silent = now - fleet.heardAt > durationMs / 2 || fleet.since > now;
  fleet.heardAt = now;
  if (silent) fleet.since = now;
  const held = fresh || leases[id] !== undefined;
  if (!held) return { held, epoch, now, until, claimed: [], nextMs: undefined };
  leases[id] = until;
  const reapableFrom = fleet.since + durationMs;
  if (now >= reapableFrom) {
    for (const over of upTo(now, leases)) {
      delete leases[over];
      dead[over] = now;
    }
  }
  const claimed = upTo(now, dead);
  for (const lease of claimed) dead[lease] = now + claimMs;
  const ends = Object.entries(leases).filter(([lease]) => lease !== id);
  const next = Math.min(...ends.map(([, end]) => Math.max(end, reapableFrom)), ...Object.values(dead));
  return {
    held,
    epoch,
    now,
    until,
    claimed,
    nextMs: Number.isFinite(next) ? Math.max(0, next - now) : undefined,
  };
}

/** Names whose time has come, at most 10. */
function upTo(now: number, times: Readonly<Record<string, number>>): string[] {
  return Object.entries(times)
    .filter(([, time]) => time <= now)
    .slice(0, MAX_CLAIMS)
    .map(([name]) => name);
}
