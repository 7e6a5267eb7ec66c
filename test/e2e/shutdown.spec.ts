// How an instance ends: drained on SIGTERM, in time and without disturbing others; refused on a wrong configuration.
import { afterEach, describe, expect, it } from '@jest/globals';
import { AppProcess } from '../support/app-process.js';
import { healthTells, hear, join, newRoom, pluck, say, sayAll, texts } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 5000;
const END_TIMEOUT_MS = 10_000;
/** Longer than any test waits: whoever needs it all fails. */
const LONG_GRACE = { SHUTDOWN_GRACE: '10m' };
/** More than the buffers of both kernels and the server's own take. */
const FLOOD = 1000;

const stage = new Stage();

afterEach(() => stage.clear());

async function exitTime(app: AppProcess): Promise<{ code: number | null; ms: number }> {
  const killedAt = performance.now();
  const code = await within(app.kill('SIGTERM'), END_TIMEOUT_MS, 'The end of the process');
  return { code, ms: performance.now() - killedAt };
}

describe('SIGTERM', () => {
  it('sends every client away with 4000, and ends with 0 as soon as they went', async () => {
    const app = await stage.app(LONG_GRACE);
    const clients = await Promise.all(texts(20).map(() => stage.client(app)));
    await Promise.all(clients.map((client) => join(client, 'general')));
    expect(await within(app.kill('SIGTERM'), TIMEOUT_MS, 'The end')).toBe(0);
    for (const client of clients) expect(await client.closed).toMatchObject({ code: 4000 });
    await expect(stage.connect(app.url)).rejects.toThrow('ECONNREFUSED');
  });

  it('ends with 0 at once where there are no clients', async () => {
    const app = await stage.app(LONG_GRACE);
    expect(await within(app.kill('SIGTERM'), TIMEOUT_MS, 'The end')).toBe(0);
  });

  it('ends with 0 within the grace when a client never answers the close', async () => {
    const app = await stage.app({ SHUTDOWN_GRACE: '500ms' });
    const rude = await stage.raw(app.port, { answersClose: false });
    const polite = await stage.client(app);
    const { code, ms } = await exitTime(app);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(TIMEOUT_MS);
    expect(await rude.closed).toBe(4000);
    expect(await polite.closed).toMatchObject({ code: 4000 });
  });

  it('ends with 0 within the grace when a client reads nothing and its buffers are full', async () => {
    const app = await stage.app({
      SHUTDOWN_GRACE: '500ms',
      HEARTBEAT_INTERVAL: '10m',
      HEARTBEAT_TIMEOUT: '10m',
    });
    const [deaf, sender] = [await stage.raw(app.port, { answersClose: false }), await stage.client(app)];
    deaf.send({ type: 'SUBSCRIBE', id: 1, room: 'busy' });
    expect([await deaf.next(), await deaf.next()]).toMatchObject([
      { type: 'WELCOME' },
      { type: 'SUBSCRIBED' },
    ]);
    deaf.pause();
    await join(sender, 'busy');
    await sayAll(sender, 'busy', texts(FLOOD, 'x'.repeat(30_000)));
    await healthTells(app, { connections: 2 });
    const { code, ms } = await exitTime(app);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(TIMEOUT_MS);
    expect(await sender.closed).toMatchObject({ code: 4000 });
  });

  it('lets a client that is behind read what was sent to it, and then its 4000', async () => {
    const app = await stage.app({
      SHUTDOWN_GRACE: '10s',
      HEARTBEAT_INTERVAL: '10m',
      HEARTBEAT_TIMEOUT: '10m',
    });
    const [behind, sender] = [await stage.raw(app.port), await stage.client(app)];
    behind.send({ type: 'SUBSCRIBE', id: 1, room: 'busy' });
    expect([await behind.next(), await behind.next()]).toMatchObject([
      { type: 'WELCOME' },
      { type: 'SUBSCRIBED' },
    ]);
    behind.pause();
    await join(sender, 'busy');
    await sayAll(sender, 'busy', texts(FLOOD, 'x'.repeat(30_000)));
    const exit = app.kill('SIGTERM');
    expect(await sender.closed).toMatchObject({ code: 4000 });
    behind.resume();
    expect(await within(behind.closed, TIMEOUT_MS, 'The close')).toBe(4000);
    expect(await exit).toBe(0);
  });

  it('ends with 0 when a connection is open that never asked for anything', async () => {
    const app = await stage.app({ SHUTDOWN_GRACE: '500ms' });
    const silent = await stage.tcp(app.port);
    const { code, ms } = await exitTime(app);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(TIMEOUT_MS);
    await within(silent.ended, TIMEOUT_MS, 'The end of the connection');
  });

  it('turns away who comes while others are still leaving', async () => {
    const app = await stage.app({ SHUTDOWN_GRACE: '2s' });
    const rude = await stage.raw(app.port, { answersClose: false });
    const exit = app.kill('SIGTERM');
    expect(await within(rude.closed, TIMEOUT_MS, 'The close')).toBe(4000);
    // The drain has begun, and `rude` holds it up: refused at the door, or told to go elsewhere.
    const outcome = await stage.connect(app.url).then(
      async (late) => String((await late.closed).code),
      (error: Error) => error.message,
    );
    expect(outcome).toMatch(/^4000$|ECONNREFUSED|503/);
    expect(await exit).toBe(0);
  });

  it('leaves the other instance undisturbed, and its clients go on there with nothing missed', async () => {
    const { a, b } = await stage.pair();
    const room = newRoom();
    const [moving, staying] = [await stage.client(a), await stage.client(b)];
    await join(moving, room);
    await join(staying, room);
    const { epoch, offset } = await say(moving, room, 'before');
    expect(await a.kill('SIGTERM')).toBe(0);
    expect(await moving.closed).toMatchObject({ code: 4000 });

    await say(staying, room, 'meanwhile');
    const moved = await stage.client(b);
    expect(await join(moved, room, { since: { epoch, offset } })).toMatchObject({
      recovered: true,
      replayed: 1,
    });
    await say(moved, room, 'after');
    expect(pluck(await hear(staying, room, 3), 'message')).toEqual(['before', 'meanwhile', 'after']);
    expect(pluck(await hear(moved, room, 2), 'message')).toEqual(['meanwhile', 'after']);
    expect(await b.health()).toMatchObject({ connections: 2, rooms: 1 });
  });

  it('ends with 0 while Redis is away', async () => {
    const { redis, a } = await stage.pair({ SHUTDOWN_GRACE: '500ms' });
    const client = await stage.client(a);
    await join(client, 'general');
    redis.pause();
    client.send({ type: 'SEND_MESSAGE', id: 1, room: 'general', message: 'in flight' });
    const { code, ms } = await exitTime(a);
    redis.resume();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(TIMEOUT_MS);
    expect(await client.closed).toMatchObject({ code: 4000 });
  });
});

describe('a wrong configuration', () => {
  const wrong = {
    PORT: 'eighty',
    LOG_LEVEL: 'loud',
    BROKER: 'pigeon',
    REDIS_URL: 'http://localhost',
    REDIS_PORT: '0',
    HISTORY_SIZE: '-1',
    HISTORY_TTL: 'soon',
    IDEMPOTENCY_TTL: '5 weeks',
    EMBEDDED_MAX_BYTES: '1',
    MAX_FRAME_BYTES: '64k',
    MAX_MESSAGE_BYTES: '1.5',
    MAX_ROOMS: '0',
    SEND_BUDGET_BYTES: 'NaN',
    SLOW_CONSUMER_TIMEOUT: '1ms',
    HEARTBEAT_INTERVAL: '-1s',
    HEARTBEAT_TIMEOUT: '1e9',
    SHUTDOWN_GRACE: 'Infinity',
  };

  it('ends the process with 1, and names each wrong variable', async () => {
    const { code, stderr } = await AppProcess.refusal(wrong);
    expect(code).toBe(1);
    const named = Object.keys(wrong).filter((name) => new RegExp(`^\\W*${name} `, 'm').test(stderr));
    expect(named).toEqual(Object.keys(wrong));
    expect(stderr).not.toContain('HOST ');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each(Object.entries(wrong).slice(0, 6))('names %s=%s and nothing else', async (name, value) => {
    const { code, stderr } = await AppProcess.refusal({ PORT: '0', [name]: value });
    expect(code).toBe(1);
    const named = Object.keys(wrong).filter((each) => new RegExp(`\\b${each} `).test(stderr));
    expect(named).toEqual([name]);
  });

  it('ends the process with 1 when its port is taken, and says so', async () => {
    const app = await stage.app();
    const { code, stderr } = await AppProcess.refusal({ HOST: '127.0.0.1', PORT: String(app.port) });
    expect(code).toBe(1);
    expect(stderr).toContain(`EADDRINUSE`);
    expect(stderr).toContain(String(app.port));
    expect(await app.health()).toMatchObject({ status: 'ok' });
  });
});
