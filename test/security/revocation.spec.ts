// Disconnecting a user everywhere: obeyed by the whole fleet, and by those who come to it later.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { healthTells, join, newRoom, say } from '../support/chat.js';
import { eventually, within } from '../support/deadline.js';
import type { RedisServer } from '../support/redis-server.js';
import { Stage } from '../support/stage.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import type { TestClient } from '../support/test-client.js';
import { goodToken, nowSeconds } from './forge.js';
import { clientOf, newToken, oldToken, OPERATED, order } from './operator.js';
import { show } from './shown-token.js';

const TIMEOUT_MS = 20_000;

const stage = new Stage();
afterEach(() => stage.clear());

const disconnect = (app: AppProcess, user: string): Promise<number> =>
  order(app, `users/${user}/connections`);

async function expectClosed(client: TestClient): Promise<void> {
  expect((await within(client.closed, TIMEOUT_MS, 'The close')).code).toBe(4503);
}

async function expectStatus(app: AppProcess, token: string, status: number): Promise<void> {
  const check = async (): Promise<void> => expect(await show(app.port, 'Authorization', token)).toBe(status);
  await eventually(check, TIMEOUT_MS, `the token is answered with ${status}`);
}

describe('DELETE /api/users/:id/connections', () => {
  it('ends all connections of the user on all instances with 4503, and revokes the tokens', async () => {
    const { a, b } = await stage.pair(OPERATED);
    const eve = oldToken('u-eve');
    const clients = [
      await clientOf(stage, a, eve),
      await clientOf(stage, a, oldToken('u-eve')),
      await clientOf(stage, b, eve),
    ];
    const other = await clientOf(stage, b, oldToken('u-bob'));
    const room = newRoom();
    for (const client of [...clients, other]) await join(client, room);

    expect(await disconnect(a, 'u-eve')).toBe(204);
    for (const client of clients) await expectClosed(client);
    for (const app of [a, b]) {
      await expectStatus(app, eve, 401);
      expect(await show(app.port, 'AUTH', newToken('u-eve'))).toBe('AUTHENTICATED');
      expect(await show(app.port, 'Authorization', goodToken({ sub: 'u-eve', iat: undefined }))).toBe(401);
    }
    expect(await say(other, room, 'peace')).toMatchObject({ offset: 1 });
    await healthTells(a, { connections: 0, rooms: 0 });
    await healthTells(b, { connections: 1, rooms: 1 });
  });

  it('revokes what a connection would refresh with', async () => {
    const app = await stage.app(OPERATED);
    const guest = await stage.client(app);
    expect(await disconnect(app, 'u-eve')).toBe(204);
    expect(await guest.request({ type: 'AUTH', token: oldToken('u-eve') })).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(await guest.request({ type: 'AUTH', token: newToken('u-eve') })).toMatchObject({
      type: 'AUTHENTICATED',
    });
  });

  it('ends a connection whose user came by AUTH, and a guest', async () => {
    const app = await stage.app(OPERATED);
    const named = await stage.client(app);
    await named.request({ type: 'AUTH', token: oldToken('u-eve') });
    const guest = await stage.connect(app.url);
    const { id } = (await guest.next('WELCOME'))['user'] as { id: string };
    expect(await disconnect(app, 'u-eve')).toBe(204);
    expect(await disconnect(app, id)).toBe(204);
    await expectClosed(named);
    await expectClosed(guest);
  });

  it('ends also those of a token which its issuer dated ahead', async () => {
    const app = await stage.app(OPERATED);
    const client = await clientOf(stage, app, goodToken({ sub: 'u-eve', iat: nowSeconds() + 300 }));
    expect(await disconnect(app, 'u-eve')).toBe(204);
    await expectClosed(client);
  });

  it('asked for someone who is not there is no error', async () => {
    const app = await stage.app(OPERATED);
    for (const user of ['u-nobody', '__proto__', 'a%2Fb', 'x'.repeat(128), '%F0%9F%98%80']) {
      expect(await disconnect(app, user)).toBe(204);
    }
    expect(await disconnect(app, 'x'.repeat(129))).toBe(400);
    expect(await disconnect(app, '%zz')).toBe(400);
  });
});

async function cutOff(): Promise<{ redis: RedisServer; a: AppProcess; b: AppProcess; link: TcpProxy }> {
  const redis = await stage.redis();
  const link = await stage.proxy(redis.port);
  const a = await stage.app({ ...OPERATED, REDIS_URL: redis.url });
  const b = await stage.app({ ...OPERATED, REDIS_URL: `redis://127.0.0.1:${link.port}` });
  return { redis, a, b, link };
}

describe('an instance', () => {
  it('which is cut off from Redis obeys when it is back', async () => {
    const { a, b, link } = await cutOff();
    const client = await clientOf(stage, b, oldToken('u-eve'));
    link.refuse(true);
    link.cut();
    expect(await disconnect(a, 'u-eve')).toBe(204);
    expect(await client.request({ type: 'PING' })).toMatchObject({ type: 'PONG' });
    link.refuse(false);
    await expectClosed(client);
    await expectStatus(b, oldToken('u-eve'), 401);
  });

  it('which obeys late spares those who have come with a newer token', async () => {
    const { a, b, link } = await cutOff();
    const old = await clientOf(stage, b, oldToken('u-eve'));
    link.refuse(true);
    link.cut();
    expect(await disconnect(a, 'u-eve')).toBe(204);
    const pause = async (): Promise<void> => expect(Date.now()).toBeGreaterThan(orderedAt + 1_500);
    const orderedAt = Date.now();
    await eventually(pause, TIMEOUT_MS, 'the second of the order is over');
    const fresh = await clientOf(stage, b, goodToken({ sub: 'u-eve' }));
    link.refuse(false);
    await expectClosed(old);
    expect(await fresh.fence()).toEqual([]);
    await expectStatus(b, goodToken({ sub: 'u-eve' }), 101);
  });

  it('which starts later knows the revocations, many of them, whatever was kicked meanwhile', async () => {
    const redis = await stage.redis();
    const all = {
      ...OPERATED,
      REDIS_URL: redis.url,
      HISTORY_SIZE: '500',
      MAX_REQUESTS_PER_MINUTE: '1000000',
    };
    const a = await stage.app(all);
    const orders = Array.from({ length: 400 }, (_, nth) => disconnect(a, `u-${nth}`));
    expect(new Set(await Promise.all(orders))).toEqual(new Set([204]));
    const moderator = await clientOf(stage, a, goodToken({ rooms: { '*': ['moderate'] } }));
    const kicks = Array.from({ length: 600 }, () =>
      moderator.request({ type: 'KICK', room: 'general', user: 'u-x' }),
    );
    expect((await Promise.all(kicks)).every(({ type }) => type === 'KICKED')).toBe(true);

    const late = await stage.app(all);
    for (const user of ['u-0', 'u-200', 'u-399']) {
      await expectStatus(late, oldToken(user), 401);
      await expectStatus(late, newToken(user), 101);
    }
    expect(await show(late.port, 'Authorization', oldToken('u-400'))).toBe(101);
  });
});
