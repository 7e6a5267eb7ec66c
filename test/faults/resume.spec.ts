// Joining and resuming at the worst moments: no hole and no repeat at the seam, nothing left behind.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually } from '../support/deadline.js';
import { TestClient } from '../support/test-client.js';
import { Fleet } from './fleet.js';
import { joinUnderFire, vanishWhileJoining } from './join-seam.js';
import { print } from './print.js';
import { member } from './sender.js';
import { storm } from './storm.js';

describe('resume', () => {
  let fleet: Fleet;
  let redis: Redis;

  beforeAll(async () => {
    fleet = await Fleet.start(3, { env: { UNSUBSCRIBE_LINGER: '200ms', HISTORY_SIZE: '300' } });
    redis = new Redis(fleet.redis.url);
  }, 60_000);

  afterAll(async () => {
    redis.disconnect();
    await fleet.stop();
  });

  it('14. a storm of 2,000 resumes', async () => {
    const report = await storm(fleet, redis, { clients: 2_000, rooms: 50, missed: 20 });
    print('scenario 14', report);
    expect(report).toMatchObject({ ackedLost: 0, duplicates: 0, outOfOrder: 0, silentGaps: 0, told: 0 });
    expect(report.recovered).toBe(2_000);
    expect(report.historyReads).toBeLessThanOrEqual(50 * fleet.members.length + report.setbacks);
  }, 120_000);

  it('22. publishing across the join seam, 1,500 joins', async () => {
    const figures = await joinUnderFire(fleet, 1_500);
    print('scenario 22', figures);
    expect(figures).toMatchObject({ holes: 0, repeats: 0, wrongCounts: 0 });
  }, 120_000);

  it('23. 1,000 disconnects in the middle of joining leave nothing behind', async () => {
    await vanishWhileJoining(fleet, 1_000);
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
  }, 120_000);

  it('24. trimmed while away: recovered is false, every time', async () => {
    const room = 'trimmed';
    const talker = await member(fleet.members[0]!.app.url, room);
    const before = await talker.request({ type: 'SEND_MESSAGE', room, message: 'the last one seen' });
    for (let count = 0; count < 400; count++) {
      talker.send({ type: 'SEND_MESSAGE', room, message: `${count}` });
    }
    await talker.fence(15_000);
    const { epoch, offset, messageId } = before;
    for (let round = 0; round < 30; round++) {
      const client = await TestClient.connect(fleet.members[round % 3]!.app.url);
      const since = round % 2 ? { epoch, offset } : { epoch, offset, messageId };
      const reply = await client.request({ type: 'SUBSCRIBE', room, since });
      expect(reply).toMatchObject({ recovered: false, offset: 401, replayed: 0 });
      client.terminate();
    }
    talker.terminate();
  }, 60_000);
});
