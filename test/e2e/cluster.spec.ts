// Two instances, one Redis, and nginx in front of both: one chat.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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
import type { RedisServer } from '../support/redis-server.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';

const TIMEOUT_MS = 5000;

const shared = new Stage();
const stage = new Stage();
let redis: RedisServer;
let a: AppProcess;
let b: AppProcess;
let room: string;

beforeAll(async () => {
  ({ redis, a, b } = await shared.pair());
});
beforeEach(() => {
  room = newRoom();
});
afterEach(async () => {
  await stage.clear();
  // Each test begins with nothing left of the one before it, and so fails one that leaves something behind.
  for (const app of [a, b]) await healthTells(app, { connections: 0, rooms: 0 });
});
afterAll(() => shared.clear());

async function member(server: { url: string }, inRoom = room): Promise<TestClient> {
  const client = await stage.client(server);
  await join(client, inRoom);
  return client;
}

describe('two clients through nginx', () => {
  let front: { url: string };
  let http: string;

  beforeAll(async () => {
    const { port } = await shared.nginx([a, b]);
    front = { url: `ws://127.0.0.1:${port}` };
    http = `http://127.0.0.1:${port}`;
  });

  it('are on different instances, and hear each other', async () => {
    const [one, two] = [await member(front), await member(front)];
    await healthTells(a, { connections: 1, rooms: 1 });
    await healthTells(b, { connections: 1, rooms: 1 });

    await say(one, room, 'ping');
    expect(await hear(two, room, 1)).toMatchObject([{ message: 'ping', offset: 1 }]);
    await say(two, room, 'pong');
    expect(await hear(one, room, 2)).toMatchObject([{ message: 'ping' }, { message: 'pong', offset: 2 }]);
    expect(await hear(two, room, 1)).toMatchObject([{ message: 'pong' }]);
  });

  it('reach any room by its path, and GET /health of an instance', async () => {
    const client = await stage.client(front, `/ws/${room}`);
    expect(await client.next('SUBSCRIBED')).toMatchObject({ room });
    const response = await fetch(`${http}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    expect(await response.json()).toMatchObject({ status: 'ok' });
  });

  it('come to the other instance when theirs was killed', async () => {
    const third = await stage.app({ REDIS_URL: redis.url });
    const { port } = await stage.nginx([third, b]);
    const both = { url: `ws://127.0.0.1:${port}` };
    const clients = [await stage.client(both), await stage.client(both)];
    const sender = await member(a);
    const { epoch, offset } = await join(sender, room);
    for (const client of clients) await join(client, room);
    await healthTells(third, { connections: 1 });

    await third.kill();
    const victim = await Promise.race(clients.map((client) => client.closed.then(() => client)));
    const survivor = clients.find((client) => client !== victim)!;
    await say(sender, room, 'meanwhile');
    const again = await stage.client(both);
    expect(await join(again, room, { since: { epoch, offset } })).toMatchObject({
      recovered: true,
      replayed: 1,
    });
    await say(again, room, 'after');
    for (const client of [survivor, again]) {
      expect(pluck(await hear(client, room, 2), 'message')).toEqual(['meanwhile', 'after']);
    }
  });
});

describe('a room over two instances', () => {
  it('has one order for all, under concurrent senders', async () => {
    const [one, two, three] = [await member(a), await member(b), await member(b)];
    await Promise.all([sayAll(one, room, texts(200, 'one')), sayAll(two, room, texts(200, 'two'))]);
    const heard = await hear(one, room, 400);
    expect(pluck(heard, 'offset')).toEqual(range(1, 400));
    expect(await hear(two, room, 400)).toEqual(heard);
    expect(await hear(three, room, 400)).toEqual(heard);
    for (const name of ['one', 'two']) {
      const own = pluck(heard, 'message').filter((text) => String(text).startsWith(name));
      expect(own).toEqual(texts(200, name));
    }
  });

  it('is heard no more by who left, on whichever instance', async () => {
    const [sender, witness, leaver] = [await member(a), await member(b), await member(b)];
    await leave(leaver, room);
    await say(sender, room, 'not for the leaver');
    // Both are on one instance, which has delivered it when the witness has it.
    await hear(witness, room, 1);
    expect(await leaver.fence()).toEqual([]);
  });

  it('hears nothing of other rooms, also those with similar names', async () => {
    const similar = [`${room}2`, `${room}.`, `${room}:x`, `x${room}`, room.toUpperCase()];
    const outsiders = await Promise.all(similar.map((other) => member(b, other)));
    const [sender, witness] = [await member(a), await member(b)];
    await say(sender, room, 'inside');
    await hear(witness, room, 1);
    for (const outsider of outsiders) expect(await outsider.fence()).toEqual([]);
    for (const other of similar) {
      await join(sender, other);
      await say(sender, other, 'outside');
    }
    for (const [index, outsider] of outsiders.entries()) {
      expect(await hear(outsider, similar[index]!, 1)).toMatchObject([{ message: 'outside', offset: 1 }]);
    }
    expect(await witness.fence()).toEqual([]);
  });

  it('stores a messageId once, which both instances send at the same time', async () => {
    const [one, two] = [await member(a), await member(b)];
    const tries = range(1, 100).map((n) => say(n % 2 ? one : two, room, 'once', { messageId: 'the-one' }));
    const acks = await Promise.all(tries);
    expect(acks.filter((ack) => ack['duplicate'] === false)).toHaveLength(1);
    expect(new Set(pluck(acks, 'offset'))).toEqual(new Set([1]));
    await say(one, room, 'last');
    expect(pluck(await hear(one, room, 2), 'message')).toEqual(['once', 'last']);
    expect(pluck(await hear(two, room, 2), 'message')).toEqual(['once', 'last']);
    expect([await one.fence(), await two.fence()]).toEqual([[], []]);
  });

  it('can be resumed on the other instance', async () => {
    const [sender, mover] = [await member(a), await stage.client(b)];
    const { epoch } = await say(sender, room, 'one');
    const [{ messageId }] = (await hear(sender, room, 1)) as [Record<string, unknown>];
    await sayAll(sender, room, ['two', 'three']);
    const since = { epoch, offset: 1, messageId };
    expect(await join(mover, room, { since })).toMatchObject({
      epoch,
      recovered: true,
      replayed: 2,
      offset: 3,
    });
    expect(pluck(await hear(mover, room, 2), 'message')).toEqual(['two', 'three']);
  });
});
