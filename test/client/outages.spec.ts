// The client through real outages: nothing lost, nothing twice, nothing out of order at `room.on('message')`.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { print } from '../faults/print.js';
import { Stage } from '../support/stage.js';
import { inOrderOfSaying, Talkers } from './talkers.js';

const TIMEOUT_MS = 120_000;
const NOTHING_WRONG = { lost: 0, twice: 0, outOfOrder: 0, told: 0, refused: 0 };

const stage = new Stage();
afterEach(() => stage.clear());

/** How long clients waited before their tries. */
function spread(waits: readonly number[]): Record<string, unknown> {
  const sorted = waits.toSorted((a, b) => a - b).map(Math.round);
  return { waits: sorted.length, from: sorted[0], median: sorted[sorted.length >> 1], to: sorted.at(-1) };
}

async function talkers(servers: readonly { url: string }[], count: number): Promise<Talkers> {
  const joined = await Talkers.join(
    servers.map(({ url }) => `${url}/ws`),
    count,
  );
  stage.onClear(() => joined.close());
  return joined;
}

describe('the client', () => {
  it(
    'moves on from an instance that is killed',
    async () => {
      const env = { HISTORY_SIZE: '100000' };
      const { redis, a, b } = await stage.pair(env);
      const crowd = await talkers([a, b], 20);
      await crowd.during(async () => {
        await pause(1_000);
        await a.kill('SIGKILL');
        await pause(1_500);
        // On its old port: those who lost it know of no other.
        await stage.app({ ...env, REDIS_URL: redis.url, PORT: String(a.port) });
        await pause(1_000);
      }, 1_000);
      const verdict = await crowd.settle();
      print('client: an instance killed', { ...verdict, ...spread(crowd.waits) });
      expect(verdict).toMatchObject(NOTHING_WRONG);
      expect(verdict.reconnects).toBe(10);
      expect(inOrderOfSaying(crowd)).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'sends what was said while Redis was cut off, once and in order',
    async () => {
      const redis = await stage.redis();
      const proxy = await stage.proxy(redis.port);
      const app = await stage.app({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
      const crowd = await talkers([app], 10);
      crowd.say();
      proxy.refuse(true);
      proxy.cut();
      crowd.say(5);
      await pause(3_000);
      crowd.say(5);
      expect(crowd.sent.length).toBeLessThan(110);
      proxy.refuse(false);
      const verdict = await crowd.settle();
      print('client: Redis cut off', verdict);
      expect(verdict).toMatchObject({ ...NOTHING_WRONG, sent: 110, reconnects: 0 });
      expect(inOrderOfSaying(crowd)).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'stores once what was sent while the connection broke',
    async () => {
      const app = await stage.app();
      const proxy = await stage.proxy(app.port);
      const crowd = await talkers([{ url: `ws://127.0.0.1:${proxy.port}` }], 10);
      for (let cut = 0; cut < 5; cut++) {
        // Stored, while nobody is told so.
        proxy.dropReplies(true);
        crowd.say(3);
        await pause(200);
        proxy.cut();
        proxy.dropReplies(false);
        await pause(200);
      }
      const verdict = await crowd.settle();
      print('client: replies lost', {
        ...verdict,
        duplicates: crowd.sent.filter((sent) => sent.duplicate).length,
      });
      expect(verdict).toMatchObject({ ...NOTHING_WRONG, sent: 150 });
      expect(crowd.sent.some((sent) => sent.duplicate)).toBe(true);
      expect(inOrderOfSaying(crowd)).toBe(true);
    },
    TIMEOUT_MS,
  );
});
