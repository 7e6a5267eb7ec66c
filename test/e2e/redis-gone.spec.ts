// Redis goes away and comes back: honest answers meanwhile, and nothing lost or doubled after.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, leave, pluck, range, say, sayAll, texts } from '../support/chat.js';
import { eventually } from '../support/deadline.js';
import type { RedisServer } from '../support/redis-server.js';
import { Stage } from '../support/stage.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import type { Frame, TestClient } from '../support/test-client.js';

const PROMISED_MS = 2000;
const HEALING_MS = 20_000;
const UNAVAILABLE = { type: 'ERROR', code: 'UNAVAILABLE', retryable: true };
const ROOM = 'general';

const stage = new Stage();
let redis: RedisServer;
let proxy: TcpProxy;
/** Behind the proxy. */
let a: AppProcess;
/** Right on Redis. */
let b: AppProcess;
let one: TestClient;
let two: TestClient;

async function start(options: { appendonly: boolean }): Promise<void> {
  redis = await stage.redis({ ...options, appendfsync: 'always' });
  proxy = await stage.proxy(redis.port);
  [a, b] = await Promise.all([
    stage.app({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` }),
    stage.app({ REDIS_URL: redis.url }),
  ]);
  [one, two] = [await stage.client(a), await stage.client(b)];
  await join(one, ROOM);
  await join(two, ROOM);
}

afterEach(() => stage.clear());

/** The reply, and how long it took. */
async function timed(client: TestClient, command: object): Promise<{ reply: Frame; ms: number }> {
  const sentAt = performance.now();
  const reply = await client.request(command);
  return { reply, ms: performance.now() - sentAt };
}

/** Sends until it is acknowledged, always under the same key, as a client would. */
async function sayAtLast(client: TestClient, message: string): Promise<Frame> {
  const insist = (): Promise<Frame> => say(client, ROOM, message, { messageId: message });
  return eventually(insist, HEALING_MS, `"${message}" is acknowledged`);
}

/** All that came, in its order, up to the message `last`; waits for that. */
async function heardUpTo(client: TestClient, last: string): Promise<Frame[]> {
  const isLast = (frame: Frame): boolean => frame['message'] === last;
  const arrived = (): void => expect(client.queued.some(isLast)).toBe(true);
  await eventually(arrived, HEALING_MS, `"${last}" arrives`);
  const all = await client.fence();
  return all.slice(0, all.findIndex(isLast) + 1);
}

async function expectAllArrives(count: number): Promise<void> {
  const heard = await hear(one, ROOM, count, HEALING_MS);
  expect(heard).toEqual(await hear(two, ROOM, count));
  expect(pluck(heard, 'offset')).toEqual(range(1, count));
  await say(two, ROOM, 'live again');
  expect(await hear(one, ROOM, 1, HEALING_MS)).toMatchObject([{ message: 'live again', offset: count + 1 }]);
  expect(await one.fence()).toEqual([]);
}

describe('with a log that survives', () => {
  beforeEach(() => start({ appendonly: true }));

  const ways: [string, () => Promise<void> | void, () => Promise<void> | void][] = [
    ['is killed', () => redis.kill(), () => redis.restart()],
    ['hangs', () => redis.pause(), () => redis.resume()],
    ['is silent behind a black hole', () => proxy.blackhole(true), () => proxy.blackhole(false)],
    [
      'refuses connections',
      () => {
        proxy.refuse(true);
        proxy.cut();
      },
      () => proxy.refuse(false),
    ],
  ];

  it.each(ways)(
    'while Redis %s, clients are told within 2 s; then all goes on as before',
    async (_name, go, back) => {
      await say(one, ROOM, 'before');
      await join(one, 'left-meanwhile');
      await go();
      for (const messages of [['refused 1'], ['refused 2', 'refused 3']]) {
        const sends = messages.map((message) => ({
          type: 'SEND_MESSAGE',
          room: ROOM,
          message,
          messageId: message,
        }));
        for (const { reply, ms } of await Promise.all(sends.map((send) => timed(one, send)))) {
          expect(reply).toMatchObject(UNAVAILABLE);
          expect(ms).toBeLessThan(PROMISED_MS);
        }
      }
      expect(await one.request({ type: 'SUBSCRIBE', room: 'new' })).toMatchObject(UNAVAILABLE);
      expect(await one.request({ type: 'HISTORY', room: ROOM })).toMatchObject(UNAVAILABLE);
      await leave(one, 'left-meanwhile');
      expect(await one.request({ type: 'PING' })).toMatchObject({ type: 'PONG' });
      expect(await a.health()).toMatchObject({ status: 'ok', connections: 1, rooms: 1 });

      await back();
      await sayAtLast(one, 'refused 2');
      await sayAtLast(two, 'from the other');
      await sayAtLast(one, 'last');
      await eventually(() => join(one, 'new'), HEALING_MS, 'the new room can be joined');

      const heard = await heardUpTo(one, 'last');
      expect(await heardUpTo(two, 'last')).toEqual(heard);
      expect(pluck(heard, 'offset')).toEqual(range(1, heard.length));
      // Of what was refused some may be stored, and nothing twice.
      const said = pluck(heard, 'message');
      expect(new Set(said).size).toBe(said.length);
      expect(said).toEqual(expect.arrayContaining(['before', 'refused 2', 'from the other', 'last']));
      expect(await a.health()).toMatchObject({ status: 'ok', connections: 1, rooms: 2 });
    },
  );

  it('what others say while one instance is cut off arrives there in order', async () => {
    proxy.refuse(true);
    proxy.cut();
    await sayAll(two, ROOM, texts(700));
    expect(await one.fence()).toEqual([]);
    proxy.refuse(false);
    await expectAllArrives(700);
  });

  it('what others say while the links of one instance are open but dead arrives there in order', async () => {
    const links = proxy.connections;
    proxy.blackhole(true);
    await sayAll(two, ROOM, texts(700));
    const noticed = (): void => expect(proxy.connections).toBeGreaterThan(links);
    await eventually(noticed, HEALING_MS, 'the instance gives a dead link up for a new one');
    expect(await one.fence()).toEqual([]);
    proxy.blackhole(false);
    await expectAllArrives(700);
  });

  it('nothing is lost or doubled when subscriber links are killed again and again under load', async () => {
    const admin = new Redis(redis.url);
    stage.onClear(() => admin.disconnect());
    const rounds = 12;
    const perRound = 50;
    for (let round = 1; round <= rounds; round++) {
      const sent = Promise.all([
        sayAll(one, ROOM, texts(perRound, 'one')),
        sayAll(two, ROOM, texts(perRound, 'two')),
      ]);
      const kill = async (): Promise<void> =>
        expect(Number(await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))).toBeGreaterThan(0);
      await eventually(kill, HEALING_MS, 'a subscriber link is there to be killed');
      await sent;
    }
    const count = 2 * rounds * perRound;
    const heard = await hear(one, ROOM, count, HEALING_MS);
    expect(pluck(heard, 'offset')).toEqual(range(1, count));
    expect(await hear(two, ROOM, count, HEALING_MS)).toEqual(heard);
    expect([await one.fence(), await two.fence()]).toEqual([[], []]);
  });

  it('who went while Redis was away is subscribed nowhere when it is back', async () => {
    await join(two, 'other');
    await redis.kill();
    await leave(two, 'other');
    one.terminate();
    await redis.restart();
    await sayAtLast(two, 'back');
    const admin = new Redis(redis.url);
    stage.onClear(() => admin.disconnect());
    const channels = async (): Promise<void> =>
      expect(await admin.pubsub('NUMSUB', `room:${ROOM}`, 'room:other')).toEqual([
        `room:${ROOM}`,
        1,
        'room:other',
        0,
      ]);
    await eventually(channels, HEALING_MS, 'only the room with a member is subscribed');
  });

  it.each([ways[1]!, ways[3]!])(
    'while Redis %s, joins before a send do not add up',
    async (_name, go, back) => {
      await go();
      for (const room of ['x', 'y', 'z']) one.send({ type: 'SUBSCRIBE', room });
      const { reply, ms } = await timed(one, { type: 'SEND_MESSAGE', room: ROOM, message: 'behind them' });
      await back();
      expect(reply).toMatchObject(UNAVAILABLE);
      expect(ms).toBeLessThan(PROMISED_MS);
    },
  );
});

it('when Redis lost its data, every member is told by RESET, and resuming is not promised', async () => {
  await start({ appendonly: false });
  const { epoch } = (await sayAll(one, ROOM, texts(5))).at(-1)!;
  await redis.restart();
  await sayAtLast(two, 'anew');
  for (const client of [one, two]) {
    const reset = await client.next('RESET', HEALING_MS);
    const { epoch: fresh } = reset;
    expect(reset).toEqual({ type: 'RESET', room: ROOM, epoch: fresh, offset: 0, reason: 'broker_data_lost' });
    expect(fresh).not.toBe(epoch);
    const anew = await client.next((frame) => frame['message'] === 'anew', HEALING_MS);
    expect(anew).toMatchObject({ offset: 1 });
  }
  const joiner = await stage.client(b);
  expect(await join(joiner, ROOM, { since: { epoch, offset: 5 } })).toMatchObject({
    recovered: false,
    offset: 1,
  });
});

it('starts without Redis, says so to clients, and connects when Redis appears', async () => {
  // Behind a port of our own: a free one may be somebody else's Redis a moment later.
  redis = await stage.redis();
  proxy = await stage.proxy(redis.port);
  proxy.refuse(true);
  const app = await stage.app({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  expect(await app.health()).toMatchObject({ status: 'ok', connections: 0, rooms: 0 });
  const client = await stage.client(app);
  expect(await client.request({ type: 'SUBSCRIBE', room: ROOM })).toMatchObject(UNAVAILABLE);
  expect(await app.health()).toMatchObject({ connections: 1, rooms: 0 });

  proxy.refuse(false);
  await eventually(() => join(client, ROOM), HEALING_MS, 'the room can be joined');
  await say(client, ROOM, 'at last');
  expect(await hear(client, ROOM, 1)).toMatchObject([{ message: 'at last', offset: 1 }]);
});
