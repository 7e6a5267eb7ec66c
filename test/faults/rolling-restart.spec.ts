// A new version rolled out under load: three instances behind nginx, replaced one after the other.
import { afterEach, expect, it } from '@jest/globals';
import { Stage } from '../support/stage.js';
import type { AppProcess } from '../support/app-process.js';
import { Load } from './load.js';
import { print } from './print.js';

const SCALE = { rooms: 20, clients: 120, roomsPerClient: 2 };
const MESSAGES_PER_SECOND = 100;

const stage = new Stage();

afterEach(() => stage.clear());

it('34. a rolling restart loses nothing, tells nothing twice, and moves each client once', async () => {
  const redis = await stage.redis();
  const env = { REDIS_URL: redis.url, DRAIN_WINDOW: '3s', SHUTDOWN_GRACE: '1m', LOG_LEVEL: 'warn' };
  const old = await Promise.all([stage.app(env), stage.app(env), stage.app(env)]);
  const nginx = await stage.nginx(old);
  const load = new Load([`ws://127.0.0.1:${nginx.port}/ws`], SCALE);
  stage.onClear(() => load.stop());
  await load.connect();

  const exitCodes: (number | null)[] = [];
  const replaced: AppProcess[] = [];
  await load.during(async () => {
    for (const instance of old) {
      replaced.push(await stage.app(env));
      // Who comes from now on goes to the new ones, so that nobody has to move again.
      await nginx.reload(replaced.map(({ port }) => port));
      exitCodes.push(await instance.kill('SIGTERM'));
    }
  }, MESSAGES_PER_SECOND);
  const report = await load.settle();

  const moves = new Set(load.clients.map((client) => client.moves));
  const closes = load.clients.flatMap((client) => client.closes);
  print('scenario 34: rolling restart', { ...report, exitCodes, moves: [...moves], closes: closes.length });
  expect(report).toMatchObject({ ackedLost: 0, duplicates: 0, outOfOrder: 0, silentGaps: 0, told: 0 });
  expect(report.delivered).toBeGreaterThan(report.acked);
  expect(report.recovered).toBe(SCALE.clients * SCALE.roomsPerClient);
  expect([...moves]).toEqual([1]);
  expect(closes).toEqual([]);
  expect(exitCodes).toEqual([0, 0, 0]);
}, 240_000);
