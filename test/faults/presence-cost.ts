// What presence costs Redis while nothing happens, and what it spares everybody while everything does.
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Crowd } from './crowd.js';
import { Fleet } from './fleet.js';
import { quantile } from './load.js';
import { print } from './print.js';

const UNLIMITED = {
  MAX_CONNECTIONS_PER_ADDRESS: '100000',
  MAX_HANDSHAKES_PER_MINUTE: '1000000',
};
/** Names in presence's keys and in no others. */
const PRESENCE_KEYS = /\{roomcast:presence\}|\}:(?:members|since|presence|on:)/;

/** Times that are measured until one is calm. */
const TRIES = 3;

interface IdleCost {
  /** Commands which instances sent on presence's account. */
  readonly presence: number;
  /** What their scripts did inside. */
  readonly inside: number;
  /** All that Redis executed, probes of links and checks of idle rooms included. */
  readonly all: number;
}

/**
 * Members in rooms of 100 on two instances, none of whom does anything. So many joins may stall a machine, and its
 * instances then compare what they know with Redis, once: so a time in which presence did more than `atMost` commands
 * is followed by another one, of a few.
 */
export async function idleCost(members: number, overMs: number, atMost: number): Promise<IdleCost> {
  const fleet = await Fleet.start(2, { env: UNLIMITED });
  const redis = new Redis(fleet.redis.url);
  let crowd: Crowd | undefined;
  try {
    crowd = await Crowd.connect(fleet.urls, members);
    await crowd.spread(members / 100);
    const cost = await calmCost(redis, overMs, atMost);
    const perSecond = (count: number): number => Math.round((count / overMs) * 100_000) / 100;
    print('presence: idle members on two instances, Redis commands per second', {
      members,
      presence: perSecond(cost.presence),
      inside: perSecond(cost.inside),
      all: perSecond(cost.all),
    });
    return cost;
  } finally {
    crowd?.stop();
    redis.disconnect();
    await fleet.stop();
  }
}

async function calmCost(redis: Redis, overMs: number, atMost: number): Promise<IdleCost> {
  let cost = await costOver(redis, overMs);
  for (let more = 1; more < TRIES && cost.presence > atMost; more++) cost = await costOver(redis, overMs);
  return cost;
}

async function costOver(redis: Redis, overMs: number): Promise<IdleCost> {
  const cost = { presence: 0, inside: 0, all: 0 };
  const monitor = await redis.monitor();
  monitor.on('monitor', (_time: string, args: string[], source: string) => {
    cost.all++;
    if (args.some((argument) => PRESENCE_KEYS.test(argument)))
      cost[source === 'lua' ? 'inside' : 'presence']++;
  });
  await pause(overMs);
  monitor.disconnect();
  return cost;
}

/** Of two instances, give or take one of each at the edges. */
export function heartbeatsIn(overMs: number, leaseMs: number): number {
  return 2 * (Math.ceil(overMs / (leaseMs / 3)) + 1);
}

/** All join one room within seconds. */
export async function stampede(users: number, overMs: number): Promise<{ events: number; naive: number }> {
  const fleet = await Fleet.start(2, { env: UNLIMITED });
  const redis = new Redis(fleet.redis.url);
  let crowd: Crowd | undefined;
  try {
    crowd = await Crowd.connect(fleet.urls, users);
    const publishesBefore = await callsOf(redis, 'publish');
    const startedAt = performance.now();
    const joins = crowd.members.map(async (member, index) => {
      await pause((index / users) * overMs);
      return member.join('stampede');
    });
    const times = (await Promise.all(joins)).toSorted((a, b) => a - b);
    const joinedMs = Math.round(performance.now() - startedAt);
    await crowd.eventuallyTold(crowd.members);
    const { events } = crowd;
    const naive = (users * (users - 1)) / 2;
    print('presence: all join one room', {
      users,
      joinedMs,
      joinP50: quantile(times, 0.5),
      joinP99: quantile(times, 0.99),
      events,
      naive,
      share: `${((100 * events) / naive).toFixed(2)} %`,
      publishes: (await callsOf(redis, 'publish')) - publishesBefore,
    });
    return { events, naive };
  } finally {
    crowd?.stop();
    redis.disconnect();
    await fleet.stop();
  }
}

async function callsOf(redis: Redis, command: string): Promise<number> {
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
