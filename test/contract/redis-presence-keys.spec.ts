// What presence leaves in Redis, and what it costs there.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { newRoom } from '../support/drafts.js';
import { users } from '../support/members.js';
import { PresenceStage, redisPresence } from '../support/presence-stage.js';
import { RedisServer } from '../support/redis-server.js';

let server: RedisServer;
let stage: PresenceStage;
let admin: Redis;

beforeEach(async () => {
  server = await RedisServer.start();
  stage = await PresenceStage.open(() => redisPresence(server));
  admin = new Redis(server.url);
});

afterEach(async () => {
  admin.disconnect();
  await stage.close();
  await server.stop();
});

/** Calls of each command so far, those from inside scripts included. */
async function callsOf(...commands: string[]): Promise<number[]> {
  const stats = await admin.info('commandstats');
  return commands.map((name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0));
}

/** Without the log's own. */
async function presenceKeys(): Promise<string[]> {
  return (await admin.keys('*')).filter((key) => !key.endsWith(':meta')).toSorted();
}

describe('the keys of presence', () => {
  it('all expire, and share the hash slot of their room, or the fleet’s', async () => {
    const [here, there] = [await stage.take(), await stage.take(stage.elsewhere)];
    const room = newRoom();
    await stage.store.register(here, room, users('ada', 'bob'));
    await stage.elsewhere.register(there, room, users('bob'));
    await stage.elsewhere.release(there.id, 60_000);
    await stage.renew(here);
    const keys = await presenceKeys();
    expect(keys).toEqual(
      [
        `{room:${room}}:members`,
        `{room:${room}}:on:${here.id}`,
        `{room:${room}}:on:${there.id}`,
        `{room:${room}}:presence`,
        `{room:${room}}:since`,
        '{roomcast:presence}:dead',
        '{roomcast:presence}:fleet',
        '{roomcast:presence}:leases',
        `{roomcast:presence}:rooms:${here.id}`,
        `{roomcast:presence}:rooms:${there.id}`,
      ].toSorted(),
    );
    for (const key of keys) expect([key, (await admin.pttl(key)) > 0]).toEqual([key, true]);
  });

  it('of a room are gone when the last member has left, on whichever way', async () => {
    const [here, there] = [await stage.take(), await stage.take(stage.elsewhere)];
    const room = newRoom();
    await stage.store.register(here, room, users('ada', 'bob'));
    await stage.elsewhere.register(there, room, users('bob', 'eve'));
    await stage.store.unregister(here, room, ['ada', 'bob']);
    await stage.lapse(there);
    await stage.reapAs(here);
    expect(await presenceKeys()).toEqual(['{roomcast:presence}:fleet', '{roomcast:presence}:leases']);
  });

  it('are kept from expiring by a check', async () => {
    const here = await stage.take();
    const room = newRoom();
    await stage.store.register(here, room, users('ada'));
    const keys = (await presenceKeys()).filter((key) => key.startsWith(`{room:${room}}`));
    for (const key of keys) await admin.pexpire(key, 60_000);
    await stage.store.check(here, [room]);
    for (const key of keys) expect(await admin.pttl(key)).toBeGreaterThan(3_600_000);
  });
});

it('a heartbeat is one command, and the same few inside its script, however many members it stands for', async () => {
  const here = await stage.take();
  const inside = [
    'zadd',
    'zscore',
    'zrange',
    'zrangebyscore',
    'hset',
    'hmget',
    'pexpire',
    'hget',
    'smembers',
  ];
  const costs: number[][] = [];
  for (const members of [0, 100, 2_000]) {
    for (let at = 0; at < members; at += 100) {
      const ids = Array.from({ length: 100 }, (_, index) => `u-${at + index}`);
      await stage.store.register(here, `room-${at % 5}`, users(...ids));
    }
    const before = await callsOf('evalsha', ...inside);
    for (let beat = 0; beat < 10; beat++) await stage.renew(here);
    const after = await callsOf('evalsha', ...inside);
    costs.push(after.map((calls, index) => calls - before[index]!));
  }
  expect(costs[0]![0]).toBe(10);
  expect(costs[1]).toEqual(costs[0]);
  expect(costs[2]).toEqual(costs[0]);
});

it('a leaving that Redis never answered is announced once, however often it is told again', async () => {
  const here = await stage.take();
  const room = await stage.listen(newRoom());
  await stage.store.register(here, room, users('ada', 'bob'));
  await Promise.all(Array.from({ length: 5 }, () => stage.store.unregister(here, room, ['ada'])));
  const announced = await stage.announced(room, 2);
  expect(announced.map(({ joined, left, members }) => [joined.length, left.length, members])).toEqual([
    [2, 0, 2],
    [0, 1, 1],
  ]);
});
