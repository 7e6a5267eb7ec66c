// GET /ready: red when a client would be badly served here, with the reason, and green again by itself.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { eventually } from '../support/deadline.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 20_000;

const stage = new Stage();

afterEach(() => stage.clear());

interface Readiness {
  readonly status: number;
  /** What is down, by the name of the check. */
  readonly error: Record<string, { readonly message: string }>;
}

async function readiness(app: AppProcess): Promise<Readiness> {
  const response = await fetch(`${app.http}/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = (await response.json()) as Pick<Readiness, 'error'>;
  return { status: response.status, error: body.error };
}

/** Resolves with how long it took until GET /ready answers so, ms. */
async function timeUntil(app: AppProcess, status: number): Promise<number> {
  const began = performance.now();
  const check = async () => expect(await readiness(app)).toMatchObject({ status });
  await eventually(check, TIMEOUT_MS, `GET /ready answers ${status}`);
  return Math.round(performance.now() - began);
}

/** Breaks something, and mends it; the times are for people, since a machine may be as slow as it likes. */
async function breakAndMend(
  app: AppProcess,
  what: string,
  { fault, mend }: { fault: () => unknown; mend: () => unknown },
): Promise<Readiness> {
  await timeUntil(app, 200);
  await fault();
  const redMs = await timeUntil(app, 503);
  const red = await readiness(app);
  await mend();
  const backMs = await timeUntil(app, 200);
  process.stdout.write(`  /ready, ${what}: ${JSON.stringify({ redMs, backMs })}\n`);
  return red;
}

async function stageRedis() {
  const redis = await stage.redis();
  const proxy = await stage.proxy(redis.port);
  const app = await stage.app({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  return { redis, proxy, app };
}

describe('with Redis', () => {
  it('is red while Redis is stopped', async () => {
    const { redis, app } = await stageRedis();
    const outage = { fault: () => redis.kill(), mend: () => redis.restart() };
    const { error } = await breakAndMend(app, 'Redis stopped', outage);
    expect(error['broker']?.message).toMatch(/commands|subscriber/);
  });

  it('is red while Redis hangs', async () => {
    const { redis, app } = await stageRedis();
    const outage = { fault: () => redis.pause(), mend: () => redis.resume() };
    const { error } = await breakAndMend(app, 'Redis SIGSTOPped', outage);
    expect(Object.keys(error).filter((name) => /^(broker|canary)$/.test(name))).not.toEqual([]);
  });

  it('is red while the links are open and carry nothing', async () => {
    const { proxy, app } = await stageRedis();
    const outage = { fault: () => proxy.blackhole(true), mend: () => proxy.blackhole(false) };
    const { error } = await breakAndMend(app, 'links black-holed', outage);
    expect(Object.keys(error).filter((name) => /^(broker|canary)$/.test(name))).not.toEqual([]);
  });

  it('is red when only the subscriber link carries nothing, until it is made anew', async () => {
    const { proxy, app } = await stageRedis();
    await timeUntil(app, 200);
    proxy.silence('roomcast-subscriber');
    await timeUntil(app, 503);
    expect(Object.keys((await readiness(app)).error)).not.toContain('eventLoop');
    await timeUntil(app, 200);
  });

  it('is red at the start until Redis is there, while GET /health is green', async () => {
    const redis = await stage.redis();
    await redis.kill();
    const app = await stage.app({ REDIS_URL: redis.url });
    expect(await readiness(app)).toMatchObject({ status: 503 });
    expect(await app.health()).toMatchObject({ status: 'ok' });
    await redis.restart();
    await timeUntil(app, 200);
  });
});

describe('with NATS', () => {
  it('is red while NATS is stopped, hangs, or the link is open and carries nothing', async () => {
    const nats = await stage.nats();
    const proxy = await stage.proxy(nats.port);
    const app = await stage.app({ NATS_URL: `nats://127.0.0.1:${proxy.port}` });
    const outages: [string, { fault: () => unknown; mend: () => unknown }][] = [
      ['NATS stopped', { fault: () => nats.kill(), mend: () => nats.restart() }],
      ['NATS SIGSTOPped', { fault: () => nats.pause(), mend: () => nats.resume() }],
      [
        'link to NATS black-holed',
        { fault: () => proxy.blackhole(true), mend: () => proxy.blackhole(false) },
      ],
    ];
    for (const [what, outage] of outages) {
      const { error } = await breakAndMend(app, what, outage);
      expect([what, Object.keys(error).some((name) => /^(broker|canary)$/.test(name))]).toEqual([what, true]);
    }
  });
});

describe('with the embedded broker', () => {
  it('is green, and tells each check', async () => {
    const app = await stage.app();
    await timeUntil(app, 200);
    const response = await fetch(`${app.http}/ready`);
    expect(await response.json()).toMatchObject({
      status: 'ok',
      details: {
        broker: { status: 'up' },
        canary: { status: 'up' },
        eventLoop: { status: 'up' },
        draining: { status: 'up' },
      },
    });
  });

  it('is red for a while after the event loop was held up', async () => {
    const app = await stage.app();
    await timeUntil(app, 200);
    app.pause();
    const health = await app.health().catch((error: Error) => error.name);
    expect(health).toBe('TimeoutError');
    app.resume();
    // The canary is missed as well, and may be so first.
    const tells = async (): Promise<void> =>
      expect((await readiness(app)).error['eventLoop']?.message).toMatch(/held up for \d{4,} ms/);
    await eventually(tells, TIMEOUT_MS, 'it says so');
    await timeUntil(app, 200);
  });

  it('is red from SIGTERM on, while clients are still let in', async () => {
    const app = await stage.app({ DRAIN_DELAY: '5m', SHUTDOWN_GRACE: '10m' });
    await timeUntil(app, 200);
    app.signal('SIGTERM');
    await timeUntil(app, 503);
    expect((await readiness(app)).error).toMatchObject({ draining: { message: 'the instance is going' } });
    expect((await stage.client(app)).protocol).toBe('roomcast.v1');
    expect(await app.kill('SIGTERM')).toBe(143);
  });
});
