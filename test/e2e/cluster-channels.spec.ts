// The channel of a room on Redis: subscribed exactly where the room has members, whatever becomes of them.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { AppProcess } from '../support/app-process.js';
import {
  healthTells,
  hear,
  join,
  leave,
  newRoom,
  pluck,
  range,
  say,
  sayAll,
  texts,
} from '../support/chat.js';
import { eventually } from '../support/deadline.js';
import type { RedisServer } from '../support/redis-server.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';

const TIMEOUT_MS = 10_000;
const LINGER = { UNSUBSCRIBE_LINGER: '200ms' };

const shared = new Stage();
const stage = new Stage();
let redis: RedisServer;
let commands: Redis;
let a: AppProcess;
let b: AppProcess;
let room: string;

beforeAll(async () => {
  ({ redis, a, b } = await shared.pair(LINGER));
  commands = new Redis(redis.url);
  shared.onClear(() => commands.disconnect());
});
beforeEach(() => {
  room = newRoom();
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

/** How many instances are subscribed to a channel. */
async function subscribers(channel: string): Promise<number> {
  const [, count] = (await commands.pubsub('NUMSUB', channel)) as [string, number];
  return count;
}

async function subscribed(channel: string, count: number): Promise<void> {
  const check = async (): Promise<void> => expect(await subscribers(channel)).toBe(count);
  await eventually(check, TIMEOUT_MS, `${count} instances are subscribed to ${channel}`);
}

async function member(server: { url: string }, inRoom = room): Promise<TestClient> {
  const client = await stage.client(server);
  await join(client, inRoom);
  return client;
}

describe('the channel room:<id>', () => {
  it('is subscribed while an instance has members, and dropped after', async () => {
    const channel = `room:${room}`;
    expect(await subscribers(channel)).toBe(0);
    const [one, two, three] = [await member(a), await member(a), await member(b)];
    expect(await subscribers(channel)).toBe(2);
    expect(await commands.pubsub('CHANNELS', `*${room}*`)).toEqual([channel]);

    await leave(one, room);
    await leave(three, room);
    await subscribed(channel, 1);
    await say(two, room, 'still here');
    await hear(two, room, 1);
    await leave(two, room);
    expect(await a.health()).toMatchObject({ connections: 2, rooms: 0 });
    await subscribed(channel, 0);

    await join(one, room);
    expect(await subscribers(channel)).toBe(1);
  });

  it('is dropped, with the room and the connection, when the last client is killed', async () => {
    const [killed, witness] = [await member(a), await member(b)];
    expect(await subscribers(`room:${room}`)).toBe(2);
    killed.terminate();
    await healthTells(a, { connections: 0, rooms: 0 });
    await subscribed(`room:${room}`, 1);
    await say(witness, room, 'alone');
    await hear(witness, room, 1);
    witness.terminate();
    await healthTells(b, { connections: 0, rooms: 0 });
    await subscribed(`room:${room}`, 0);
  });

  it('is dropped by Redis when an instance is killed, and the other goes on undisturbed', async () => {
    const third = await stage.app({ ...LINGER, REDIS_URL: redis.url });
    const [victim, survivor, sender] = [await member(third), await member(b), await member(a)];
    expect(await subscribers(`room:${room}`)).toBe(3);
    const sent = sayAll(sender, room, texts(300));
    await hear(victim, room, 1);
    await third.kill();
    await sent;
    expect(pluck(await hear(survivor, room, 300), 'offset')).toEqual(range(1, 300));
    expect(pluck(await hear(sender, room, 300), 'offset')).toEqual(range(1, 300));
    await subscribed(`room:${room}`, 2);
  });
});

it('a client that goes in the middle of a SUBSCRIBE leaves nothing, 200 times', async () => {
  const proxy = await stage.proxy(redis.port);
  const slow = await stage.app({ ...LINGER, REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  const rooms = range(1, 200).map((n) => `${room}-${n % 5}`);
  const witness = await stage.client(slow);
  proxy.delay(15);
  const goings = rooms.map(async (each, n) => {
    const client = await stage.connect(slow.url);
    client.send({ type: 'SUBSCRIBE', id: n, room: each, ...(n % 2 && { history: 5 }) });
    // Some at once, some when the server has it, some when half of Redis's answers are in, some in good order.
    if (n % 4 === 1) await client.next('WELCOME');
    if (n % 4 === 2) await witness.request({ type: 'SUBSCRIBE', room: `${room}-witness-${n % 20}` });
    if (n % 4 === 3) return client.close();
    client.terminate();
  });
  await Promise.all(goings);
  proxy.delay(0);
  await witness.close();
  await healthTells(slow, { connections: 0, rooms: 0 });
  for (const each of new Set(rooms)) await subscribed(`room:${each}`, 0);

  const [one, other] = [await member(slow, rooms[0]), await member(a, rooms[0])];
  await say(other, rooms[0]!, 'works as ever');
  await hear(one, rooms[0]!, 1);
  expect(await one.fence()).toEqual([]);
});
