// How clients are sent elsewhere: asked first, spread over a while, nothing of theirs lost, and all in time.
import { afterEach, describe, expect, it } from '@jest/globals';
import { join, newRoom, pluck, texts } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { exchange, upgradeRequest } from '../security/raw-http.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 20_000;
const WINDOW_MS = 1_000;
/** Longer than any test waits: whoever needs it all fails. */
const NEVER = '10m';

const stage = new Stage();

afterEach(() => stage.clear());

describe('RECONNECT', () => {
  it('asks every client at a moment of its own, and closes who stays at its deadline', async () => {
    const app = await stage.app({ DRAIN_WINDOW: `${WINDOW_MS}ms` });
    const clients = await Promise.all(texts(20).map(() => stage.client(app)));
    const closedInOrder: number[] = [];
    const exit = app.kill('SIGTERM');
    const asked = await Promise.all(
      clients.map(async (client, index) => {
        void client.closed.then(() => closedInOrder.push(index));
        return client.next('RECONNECT', TIMEOUT_MS);
      }),
    );
    for (const client of clients) {
      expect(await within(client.closed, TIMEOUT_MS, 'The close')).toMatchObject({ code: 4000 });
    }
    expect(await exit).toBe(0);
    const after = pluck(asked, 'afterMs') as number[];
    expect(Math.min(...after)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...after)).toBeLessThan(WINDOW_MS);
    expect(new Set(after).size).toBeGreaterThan(10);
    expect(pluck(asked, 'deadlineMs')).toEqual(after.map((ms) => ms + WINDOW_MS));
    // Not all at one moment: who was asked first is closed before who was asked last.
    const [first, last] = [after.indexOf(Math.min(...after)), after.indexOf(Math.max(...after))];
    expect(closedInOrder.indexOf(first)).toBeLessThan(closedInOrder.indexOf(last));
  });

  it('ends the instance as soon as all have followed it', async () => {
    const app = await stage.app({ DRAIN_WINDOW: '5m', SHUTDOWN_GRACE: NEVER });
    const clients = await Promise.all(texts(3).map(() => stage.client(app)));
    const exit = app.kill('SIGTERM');
    for (const client of clients) {
      await client.next('RECONNECT', TIMEOUT_MS);
      await client.close();
    }
    expect(await within(exit, TIMEOUT_MS, 'The end')).toBe(0);
  });

  it('is short enough for a grace that is short', async () => {
    const app = await stage.app({ DRAIN_WINDOW: '5m', SHUTDOWN_GRACE: '1s' });
    const client = await stage.client(app);
    const exit = app.kill('SIGTERM');
    const { deadlineMs } = await client.next('RECONNECT', TIMEOUT_MS);
    expect(deadlineMs).toBeLessThan(1_000);
    expect(await within(client.closed, TIMEOUT_MS, 'The close')).toMatchObject({ code: 4000 });
    expect(await exit).toBe(0);
  });
});

describe('a drain', () => {
  it('lets commands under way be answered before the close', async () => {
    const { redis, a } = await stage.pair({ SHUTDOWN_GRACE: '1m' });
    const [client, other, room] = [await stage.client(a), await stage.client(a), newRoom()];
    await join(client, room);
    redis.pause();
    const replies = Promise.all(
      texts(5).map((message) => client.request({ type: 'SEND_MESSAGE', room, message }, TIMEOUT_MS)),
    );
    // It has read what came later, on another connection, so what came before too.
    await other.fence();
    const exit = a.kill('SIGTERM');
    await a.line(/Sending 2 connections elsewhere/);
    redis.resume();
    // Stored, or known not to be: on a slow machine the broker's deadline may have passed.
    for (const reply of await replies) expect(reply.type).toMatch(/^(ACK|ERROR)$/);
    expect(await within(client.closed, TIMEOUT_MS, 'The close')).toMatchObject({ code: 4000 });
    expect(await within(exit, TIMEOUT_MS, 'The end')).toBe(0);
  });

  it('lets clients in while the balancer may not know yet, and asks them to go with the others', async () => {
    const app = await stage.app({ DRAIN_DELAY: '3s', DRAIN_WINDOW: '5m', SHUTDOWN_GRACE: NEVER });
    const exit = app.kill('SIGTERM');
    await app.line(/SIGTERM: ending/);
    const late = await stage.client(app);
    await late.next('RECONNECT', TIMEOUT_MS);
    await late.close();
    expect(await within(exit, TIMEOUT_MS, 'The end')).toBe(0);
  });

  it('refuses who comes later with 503 and Retry-After', async () => {
    const app = await stage.app({ DRAIN_WINDOW: '5m', SHUTDOWN_GRACE: NEVER });
    const staying = await stage.client(app);
    const exit = app.kill('SIGTERM');
    await staying.next('RECONNECT', TIMEOUT_MS);
    await expect(stage.connect(app.url)).rejects.toThrow('503');
    const { status, headers } = await exchange(app.port, upgradeRequest());
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await app.health()).toMatchObject({ status: 'ok' });
    await staying.close();
    expect(await within(exit, TIMEOUT_MS, 'The end')).toBe(0);
  });

  it('is passed over by nginx while it lasts', async () => {
    const { a, b } = await stage.pair({ DRAIN_WINDOW: '5m', SHUTDOWN_GRACE: NEVER });
    const nginx = await stage.nginx([a, b]);
    const staying = await stage.client(a);
    const exit = a.kill('SIGTERM');
    await staying.next('RECONNECT', TIMEOUT_MS);
    for (let count = 0; count < 4; count++) await stage.client({ url: `ws://127.0.0.1:${nginx.port}` });
    expect(await b.health()).toMatchObject({ connections: 4 });
    await staying.close();
    expect(await within(exit, TIMEOUT_MS, 'The end')).toBe(0);
  });

  it('ends at once on a second signal', async () => {
    const app = await stage.app({ DRAIN_DELAY: NEVER, SHUTDOWN_GRACE: NEVER });
    app.signal('SIGTERM');
    await app.line(/SIGTERM: ending/);
    expect(await within(app.kill('SIGINT'), TIMEOUT_MS, 'The end')).toBe(130);
  });

  it('ends with 0 when the grace is over, whatever it waits for', async () => {
    const app = await stage.app({ DRAIN_DELAY: NEVER, DRAIN_WINDOW: NEVER, SHUTDOWN_GRACE: '1s' });
    await Promise.all(texts(3).map(() => stage.raw(app.port, { answersClose: false })));
    expect(await within(app.kill('SIGTERM'), TIMEOUT_MS, 'The end')).toBe(0);
  });
});
