// Everybody loses the connection at once, and comes back with `since`.
import type { Redis } from 'ioredis';
import { eventually } from '../support/deadline.js';
import { check, type Verdict } from './checker.js';
import type { Fleet } from './fleet.js';
import { Load, quantile } from './load.js';
import { member } from './sender.js';

export interface StormReport extends Verdict {
  /** From the first reconnect to being caught up, ms. */
  readonly caughtUpP50: number;
  readonly caughtUpP99: number;
  /** Reads of a room's log which Redis saw. */
  readonly historyReads: number;
  /**
   * What a machine that stalls adds: each connection that ended and each join that was refused on the way back may cost
   * a read, each new link of an instance to Redis one for each room.
   */
  readonly setbacks: number;
}

interface Shape {
  readonly clients: number;
  readonly rooms: number;
  /** Messages per room that go by while everybody is away. */
  readonly missed: number;
}

const TIMEOUT_MS = 60_000;

export async function storm(fleet: Fleet, redis: Redis, shape: Shape): Promise<StormReport> {
  const load = new Load(fleet.urls, { ...shape, roomsPerClient: 1 });
  try {
    await load.connect();
    const rooms = [...new Set(load.clients.flatMap(({ logs }) => [...logs.keys()]))];
    for (const client of load.clients) client.leave();
    await eventually(
      async () => {
        const channels = await redis.pubsub('CHANNELS', 'room:*');
        if (channels.length > 0) throw new Error(`${channels.length} rooms are still subscribed`);
      },
      TIMEOUT_MS,
      'all rooms are closed everywhere',
    );
    const heads = await talk(fleet, rooms, shape.missed);
    const [readsBefore, linksBefore] = [await historyReads(redis), await linksMade(redis)];
    const setbacksBefore = setbacks(load);
    const times = await returnAll(load, heads);
    const verdict = check(
      load.clients.flatMap(({ logs }) => [...logs.values()]),
      [...heads].map(([room, { epoch, offset, messageId }]) => ({
        room,
        epoch,
        offset,
        messageId,
        duplicate: false,
      })),
    );
    const newLinks = (await linksMade(redis)) - linksBefore;
    return {
      ...verdict,
      caughtUpP50: quantile(times, 0.5),
      caughtUpP99: quantile(times, 0.99),
      historyReads: (await historyReads(redis)) - readsBefore,
      setbacks: setbacks(load) - setbacksBefore + newLinks * shape.rooms,
    };
  } finally {
    load.stop();
  }
}

interface End {
  readonly epoch: string;
  readonly offset: number;
  readonly messageId: string;
}

/** Sends into every room, and resolves with the last position of each. */
async function talk(fleet: Fleet, rooms: readonly string[], count: number): Promise<Map<string, End>> {
  const ends = new Map<string, End>();
  for (const room of rooms) {
    const talker = await member(fleet.members[0]!.app.url, room);
    for (let nth = 0; nth < count; nth++) {
      const ack = await talker.request({ type: 'SEND_MESSAGE', room, message: `${nth}` });
      const { epoch, offset, messageId } = ack;
      ends.set(room, { epoch: String(epoch), offset: Number(offset), messageId: String(messageId) });
    }
    await talker.close();
  }
  return ends;
}

/** Sorted: how long each client took to have the last message of its room. */
async function returnAll(load: Load, ends: ReadonlyMap<string, End>): Promise<number[]> {
  const began = performance.now();
  const times = await Promise.all(
    load.clients.map(async (client) => {
      const [room, log] = [...client.logs][0]!;
      client.comeBack();
      await client.until(() => log.position?.offset === ends.get(room)!.offset, TIMEOUT_MS);
      return performance.now() - began;
    }),
  );
  return times.toSorted((a, b) => a - b);
}

function setbacks({ clients }: Load): number {
  return clients.reduce(
    (sum, { closes, refusals }) => sum + closes.length + [...refusals.values()].reduce((a, b) => a + b, 0),
    0,
  );
}

/** XRANGE and XREVRANGE calls so far, those from inside scripts included. */
async function historyReads(redis: Redis): Promise<number> {
  const stats = await redis.info('commandstats');
  const calls = [...stats.matchAll(/cmdstat_x(?:rev)?range:calls=(\d+)/g)].map(([, count]) => Number(count));
  return calls.reduce((sum, count) => sum + count, 0);
}

/** Connections to Redis so far. */
async function linksMade(redis: Redis): Promise<number> {
  const [, count] = /total_connections_received:(\d+)/.exec(await redis.info('stats'))!;
  return Number(count);
}
