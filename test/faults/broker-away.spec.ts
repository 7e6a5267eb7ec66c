// Redis frozen, half dead or full: honest answers in time, nothing acknowledged in vain.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Fleet } from './fleet.js';
import { print } from './print.js';
import { scenario } from './scenario.js';
import { member } from './sender.js';

const SEND_PROMISE_MS = 2_000;
/** For a test process that shares two cores with everything it measures. */
const SLACK_MS = 1_000;

describe('broker away', () => {
  let fleet: Fleet | undefined;

  afterEach(async () => {
    await fleet?.stop();
    fleet = undefined;
  });

  it('5. Redis frozen for 10 s: every send answered within 2 s', async () => {
    fleet = await Fleet.start(1);
    const { app } = fleet.members[0]!;
    const client = await member(app.url, 'frozen');
    fleet.redis.pause();
    const answers: { type: unknown; ms: number }[] = [];
    const until = performance.now() + 10_000;
    let count = 0;
    while (performance.now() < until) {
      const sentAt = performance.now();
      const burst = Array.from({ length: 50 }, async () => {
        const { type, code } = await client.request({
          type: 'SEND_MESSAGE',
          room: 'frozen',
          message: `${count++}`,
        });
        answers.push({ type: code ?? type, ms: performance.now() - sentAt });
      });
      await Promise.all(burst);
    }
    fleet.redis.resume();
    const slowest = answers.reduce((most, { ms }) => Math.max(most, ms), 0);
    print('scenario 5', { sends: count, slowestMs: Math.round(slowest) });
    expect(answers.every(({ type }) => type === 'UNAVAILABLE')).toBe(true);
    expect(slowest).toBeLessThan(SEND_PROMISE_MS + SLACK_MS);
    let healed = await client.request({ type: 'SEND_MESSAGE', room: 'frozen', message: 'after' });
    while (healed.type !== 'ACK')
      healed = await client.request({ type: 'SEND_MESSAGE', room: 'frozen', message: 'after' });
    expect(Number(healed['offset'])).toBeGreaterThan(0);
    await client.close();
  }, 60_000);

  scenario({
    number: 7,
    title: "an instance's subscriber link goes silent for ever",
    act: async ({ fleet: { members } }) => {
      members[0]!.proxy.silence('roomcast-subscriber');
      await pause(12_000);
    },
  });

  it('25. Redis full: what is acknowledged is stored', async () => {
    fleet = await Fleet.start(1, { redis: { maxmemory: '6mb' }, env: { HISTORY_SIZE: '100000' } });
    const redis = new Redis(fleet.redis.url);
    const client = await member(fleet.members[0]!.app.url, 'full');
    const acked: string[] = [];
    const refused: unknown[] = [];
    for (let count = 0; refused.length < 50 && count < 2_000; count++) {
      const messageId = `m${count}`;
      const message = 'x'.repeat(10_000);
      const reply = await client.request({ type: 'SEND_MESSAGE', room: 'full', message, messageId });
      if (reply.type === 'ACK') acked.push(messageId);
      else refused.push(reply['code']);
    }
    const log = await redis.xrange('{room:full}:log', '-', '+');
    const stored = log.map(([, fields]) => fields[1]);
    redis.disconnect();
    print('scenario 25', { acked: acked.length, refused: refused.length, stored: stored.length });
    expect(new Set(refused)).toEqual(new Set(['UNAVAILABLE']));
    expect(stored).toEqual(acked);
    expect(acked.length).toBeGreaterThan(0);
    const heard: unknown[] = [];
    while (heard.length < acked.length) heard.push((await client.next('MESSAGE'))['messageId']);
    expect(heard).toEqual(acked);
    await client.close();
  }, 60_000);
});
