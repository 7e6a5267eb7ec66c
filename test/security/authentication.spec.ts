// Who a connection belongs to, from the handshake to the expiry of its token, when a token is required and when not.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { healthTells, join, newRoom, pluck, say } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';
import { claimsOf, goodToken, newPair, nowSeconds, SECRET, signedBy } from './forge.js';
import { KeyServer } from './key-server.js';

const TIMEOUT_MS = 5_000;
/** The clock of all connections ticks each second. */
const TICK_MS = 1_000;
const SLACK_MS = 2_000;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;

afterEach(() => stage.clear());

const ada = { id: 'u-ada', name: 'Ada' };

async function clientWith(token: string, server = app): Promise<TestClient> {
  return stage.connect(server.url, { headers: { Authorization: `Bearer ${token}` } });
}

async function closeOf(client: TestClient, timeoutMs = TIMEOUT_MS): Promise<number> {
  return (await within(client.closed, timeoutMs, 'The close')).code;
}

describe('AUTH_MODE=token', () => {
  beforeAll(async () => {
    app = await shared.app({ AUTH_MODE: 'token', AUTH_TIMEOUT: '1s', JWT_SECRET: SECRET });
  });
  afterAll(() => shared.clear());
  afterEach(async () => {
    await stage.clear();
    await healthTells(app, { connections: 0, rooms: 0 });
  });

  it('a token in the handshake is enough', async () => {
    const client = await clientWith(goodToken());
    expect(await client.next()).toMatchObject({ type: 'WELCOME', user: ada });
    expect(await client.fence()).toEqual([]);
  });

  it('without one, nothing is said until AUTH, then WELCOME and AUTHENTICATED', async () => {
    const client = await stage.connect(app.url);
    const exp = nowSeconds() + 600;
    client.send({ type: 'AUTH', id: 7, token: goodToken({ exp }) });
    expect(await client.next()).toMatchObject({ type: 'WELCOME', user: ada });
    expect(await client.next()).toEqual({
      type: 'AUTHENTICATED',
      id: 7,
      user: ada,
      expiresAt: new Date(exp * 1_000).toISOString(),
    });
    expect(await client.fence()).toEqual([]);
  });

  it('the room of the path is joined after AUTH, and not before', async () => {
    const client = await stage.connect(`${app.url}/ws/lounge`);
    await healthTells(app, { connections: 1, rooms: 0 });
    client.send({ type: 'AUTH', token: goodToken() });
    const types = [await client.next(), await client.next(), await client.next()];
    expect(pluck(types, 'type')).toEqual(['WELCOME', 'AUTHENTICATED', 'SUBSCRIBED']);
  });

  it('without AUTH in time the connection ends with 4502, and not much later', async () => {
    const begin = performance.now();
    const client = await stage.connect(app.url);
    expect(await closeOf(client)).toBe(4502);
    expect(performance.now() - begin).toBeGreaterThan(900);
    expect(performance.now() - begin).toBeLessThan(1_000 + TICK_MS + SLACK_MS);
    expect(client.queued).toEqual([]);
  });

  it('keeping busy with what is no AUTH buys no time', async () => {
    const client = await stage.connect(app.url, { protocols: [] });
    const nagging = setInterval(() => client.send('nonsense'), 400);
    try {
      expect(await closeOf(client)).toBe(4502);
    } finally {
      clearInterval(nagging);
    }
  });

  it.each([
    'SUBSCRIBE',
    'UNSUBSCRIBE',
    'SEND_MESSAGE',
    'HISTORY',
    'MEMBERS',
    'TYPING',
    'KICK',
    'PING',
    'NO_SUCH',
  ])('%s before AUTH is UNAUTHENTICATED, and ends the connection with 4501', async (type) => {
    const client = await stage.connect(app.url);
    client.send({ type, id: 1, room: 'general', message: 'x', typing: true, user: 'u-eve' });
    client.send({ type: 'AUTH', token: goodToken() });
    expect(await closeOf(client)).toBe(4501);
    expect(client.queued).toEqual([
      { type: 'ERROR', id: 1, code: 'UNAUTHENTICATED', message: expect.any(String), retryable: false },
    ]);
  });

  it.each([
    ['forged', { token: 'forged' }, 'UNAUTHENTICATED'],
    ['missing', {}, 'BAD_REQUEST'],
    ['no string', { token: { sub: 'u-ada' } }, 'BAD_REQUEST'],
    ['empty', { token: '' }, 'UNAUTHENTICATED'],
  ])('AUTH with a token that is %s is an error, and ends it with 4500', async (_name, members, code) => {
    const client = await stage.connect(app.url);
    client.send({ type: 'AUTH', id: 1, ...members });
    client.send({ type: 'AUTH', id: 2, token: goodToken() });
    client.send({ type: 'PING', id: 3 });
    expect(await closeOf(client)).toBe(4500);
    expect(pluck([...client.queued], 'code')).toEqual([code]);
  });

  it('commands right behind AUTH wait for it, and are answered in their order', async () => {
    const client = await stage.connect(app.url);
    const room = newRoom();
    client.send({ type: 'AUTH', token: goodToken() });
    client.send({ type: 'SUBSCRIBE', room });
    client.send({ type: 'SEND_MESSAGE', id: 1, room, message: 'at once' });
    await client.next('ACK');
    const types = pluck([...client.queued], 'type').filter((type) => type !== 'MESSAGE');
    expect(types).toEqual(['WELCOME', 'AUTHENTICATED', 'SUBSCRIBED']);
  });

  it('commands right behind an AUTH that fails are not run', async () => {
    const watcher = await clientWith(goodToken({ sub: 'u-watcher' }));
    const room = newRoom();
    await join(watcher, room);
    const client = await stage.connect(app.url);
    client.send({ type: 'AUTH', token: 'forged' });
    client.send({ type: 'SUBSCRIBE', room });
    client.send({ type: 'SEND_MESSAGE', room, message: 'x' });
    expect(await closeOf(client)).toBe(4500);
    expect(pluck([...client.queued], 'code')).toEqual(['UNAUTHENTICATED']);
    expect(pluck(await watcher.fence(), 'type')).toEqual(['WELCOME']);
    await watcher.close();
  });
});

describe('the end of a token', () => {
  beforeAll(async () => {
    app = await shared.app({ JWT_SECRET: SECRET });
  });
  afterAll(() => shared.clear());

  it('ends the connection with 4500, and with it what it hears', async () => {
    const client = await clientWith(goodToken({ exp: nowSeconds() + 2 }));
    const room = newRoom();
    await join(client, room);
    expect(await closeOf(client, 2_000 + TICK_MS + SLACK_MS)).toBe(4500);
    await healthTells(app, { connections: 0, rooms: 0 });
  });

  it('is put off by AUTH in time', async () => {
    const exp = nowSeconds() + 2;
    const [kept, lost] = [await clientWith(goodToken({ exp })), await clientWith(goodToken({ exp }))];
    const room = newRoom();
    await join(kept, room);
    expect(await kept.request({ type: 'AUTH', token: goodToken() })).toMatchObject({
      type: 'AUTHENTICATED',
      user: ada,
    });
    expect(await closeOf(lost)).toBe(4500);
    expect(await say(kept, room, 'still here')).toMatchObject({ offset: 1 });
  });

  it('is brought forward by AUTH with a shorter one', async () => {
    const client = await clientWith(goodToken());
    await client.request({ type: 'AUTH', token: goodToken({ exp: nowSeconds() + 3 }) });
    expect(await closeOf(client)).toBe(4500);
  });

  it('is not put off by an AUTH that fails', async () => {
    const client = await clientWith(goodToken({ exp: nowSeconds() + 2 }));
    expect(await client.request({ type: 'AUTH', token: goodToken({ exp: 1 }) })).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(await client.request({ type: 'PING' })).toMatchObject({ type: 'PONG' });
    expect(await closeOf(client)).toBe(4500);
  });

  it('AUTH for another user is FORBIDDEN, and changes nothing', async () => {
    const client = await clientWith(goodToken());
    await client.next('WELCOME');
    const room = newRoom();
    await join(client, room);
    for (const sub of ['u-eve', 'u-ad', 'U-ADA']) {
      expect(await client.request({ type: 'AUTH', token: goodToken({ sub }) })).toMatchObject({
        code: 'FORBIDDEN',
      });
    }
    await say(client, room, 'as ever');
    expect(await client.next('MESSAGE')).toMatchObject({ sender: ada });
  });
});

describe('AUTH while the keys are out of reach', () => {
  it('tells the client to come back, not to stay away', async () => {
    const keys = await KeyServer.start();
    stage.onClear(() => keys.stop());
    keys.down = true;
    const server = await stage.app({ AUTH_MODE: 'token', JWT_JWKS_URL: keys.url });
    const client = await stage.connect(server.url);
    client.send({ type: 'AUTH', token: signedBy(newPair('ES256'), claimsOf(), { kid: 'one' }) });
    expect(await client.next()).toMatchObject({ type: 'ERROR', code: 'UNAVAILABLE', retryable: true });
    expect(await closeOf(client)).toBeLessThan(4500);
  });
});
