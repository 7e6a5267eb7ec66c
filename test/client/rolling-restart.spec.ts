// Two instances behind nginx are restarted one after the other while 50 clients talk.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { print } from '../faults/print.js';
import { Stage } from '../support/stage.js';
import { inOrderOfSaying, Talkers } from './talkers.js';

const CLIENTS = 50;
const stage = new Stage();
afterEach(() => stage.clear());

describe('a rolling restart behind nginx', () => {
  it('is noticed by none of 50 clients who talk', async () => {
    const env = { DRAIN_DELAY: '500ms', DRAIN_WINDOW: '2s', SHUTDOWN_GRACE: '20s', HISTORY_SIZE: '100000' };
    const { redis, a, b } = await stage.pair(env);
    const nginx = await stage.nginx([a, b]);
    const crowd = await Talkers.join([`ws://127.0.0.1:${nginx.port}/ws`], CLIENTS);
    stage.onClear(() => crowd.close());
    const states = new Set<string>();
    for (const { chat } of crowd.all) chat.state.subscribe(({ status }) => states.add(status));
    await crowd.during(async () => {
      for (const app of [a, b]) {
        await pause(500);
        expect(await app.kill('SIGTERM')).toBe(0);
        await stage.app({ ...env, REDIS_URL: redis.url, PORT: String(app.port) });
      }
      await pause(500);
    }, 2_000);
    const verdict = await crowd.settle();
    print('client: rolling restart', verdict);
    expect(verdict).toMatchObject({ lost: 0, twice: 0, outOfOrder: 0, told: 0, refused: 0 });
    // Each connection was on one of the two at least once, and nobody was ever without one.
    expect(verdict.reconnects).toBeGreaterThanOrEqual(CLIENTS);
    expect([...states]).toEqual(['connected']);
    expect(inOrderOfSaying(crowd)).toBe(true);
  }, 180_000);
});
