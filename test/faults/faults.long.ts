// The fault scenarios at full length; `npm run test:faults` runs them along with the shorter selection.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually } from '../support/deadline.js';
import { RawSocket } from '../support/raw-socket.js';
import { cutOff, freeze, repeatedly } from './breaking.js';
import { Fleet } from './fleet.js';
import { joinUnderFire, vanishWhileJoining } from './join-seam.js';
import { print } from './print.js';
import { commandRepeatedly } from './redis-admin.js';
import { scenario } from './scenario.js';
import { storm } from './storm.js';

describe('faults at full length', () => {
  scenario({
    number: 1,
    title: 'kill -9 of each instance in turn, each started again',
    act: async ({ fleet }) => {
      for (const member of fleet.members) {
        await pause(3_000);
        await member.app.kill('SIGKILL');
        await fleet.restart(member);
      }
      await pause(3_000);
    },
  });

  scenario({
    number: 3,
    title: 'kill -9 of Redis 5 times, append-only file synced at every write',
    fleet: { redis: { appendonly: true, appendfsync: 'always' } },
    act: ({ fleet }) => repeatedly(() => fleet.redis.restart(), { times: 5, everyMs: 3_000, afterMs: 3_000 }),
  });

  scenario({
    number: 5,
    title: 'Redis frozen for 10 s under load',
    act: ({ fleet }) => freeze(fleet.redis, { beforeMs: 2_000, lastingMs: 10_000, afterMs: 5_000 }),
  });

  scenario({
    number: 6,
    title: 'pub/sub connections killed 60 times, once a second',
    act: ({ fleet }) => commandRepeatedly(fleet.redis, 60, 1_000, ['CLIENT', 'KILL', 'TYPE', 'pubsub']),
  });

  scenario({
    number: 12,
    title: 'an instance cut off from Redis for 30 s',
    act: ({ fleet }) => cutOff(fleet.members[0]!, { lastingMs: 30_000, afterMs: 5_000 }),
  });
});

describe('joining and leaving at full length', () => {
  let fleet: Fleet;
  let redis: Redis;

  beforeAll(async () => {
    fleet = await Fleet.start(3, { env: { UNSUBSCRIBE_LINGER: '200ms' } });
    redis = new Redis(fleet.redis.url);
  }, 60_000);

  afterAll(async () => {
    redis.disconnect();
    await fleet.stop();
  });

  it('14. a storm of 5,000 resumes', async () => {
    const report = await storm(fleet, redis, { clients: 5_000, rooms: 50, missed: 20 });
    print('scenario 14', report);
    expect(report).toMatchObject({ ackedLost: 0, duplicates: 0, outOfOrder: 0, silentGaps: 0, told: 0 });
    expect(report.recovered).toBe(5_000);
    expect(report.historyReads).toBeLessThanOrEqual(50 * fleet.members.length + report.setbacks);
  }, 240_000);

  it('15. a half-open client is reaped within 35 s, as shipped', async () => {
    const { app } = fleet.members[0]!;
    const halfOpen = await RawSocket.connect(app.port);
    halfOpen.pause();
    const since = performance.now();
    await eventually(
      async () => expect(await app.health()).toMatchObject({ connections: 0 }),
      60_000,
      'it is reaped',
    );
    print('scenario 15', { reapedAfterMs: Math.round(performance.now() - since) });
    halfOpen.destroy();
  }, 90_000);

  it('22. publishing across the join seam, 10,000 joins', async () => {
    const figures = await joinUnderFire(fleet, 10_000);
    print('scenario 22', figures);
    expect(figures).toMatchObject({ holes: 0, repeats: 0, wrongCounts: 0 });
  }, 240_000);

  it('23. 10,000 disconnects in the middle of joining leave nothing behind', async () => {
    await vanishWhileJoining(fleet, 10_000);
    await eventually(
      async () => {
        for (const { app } of fleet.members) {
          expect(await app.health()).toMatchObject({ connections: 0, rooms: 0 });
        }
        expect(await redis.pubsub('CHANNELS', 'room:*')).toEqual([]);
      },
      15_000,
      'no connection, room or channel is left',
    );
  }, 240_000);
});
