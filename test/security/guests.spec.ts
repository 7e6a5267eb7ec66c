// Guests: those without a token, those with one of ours, and how they get it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { join, newRoom, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import { goodToken, SECRET } from './forge.js';
import { show } from './shown-token.js';

const TIMEOUT_MS = 5_000;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;

const ada = { id: 'u-ada', name: 'Ada' };

afterEach(() => stage.clear());

describe('AUTH_MODE=guest', () => {
  beforeAll(async () => {
    app = await shared.app({ JWT_SECRET: SECRET });
  });
  afterAll(() => shared.clear());

  it('a guest may show a token while it is in no room', async () => {
    const client = await stage.client(app);
    expect(await client.request({ type: 'AUTH', token: goodToken() })).toMatchObject({ user: ada });
    const room = newRoom();
    await join(client, room);
    await say(client, room, 'x');
    expect(await client.next('MESSAGE')).toMatchObject({ sender: ada });
  });

  it('a guest in a room stays who it is', async () => {
    const client = await stage.client(app);
    await join(client, newRoom());
    expect(await client.request({ type: 'AUTH', token: goodToken() })).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('a guest whose AUTH fails stays a guest', async () => {
    const client = await stage.client(app);
    for (let nth = 1; nth <= 10; nth++) {
      expect(await client.request({ type: 'AUTH', token: 'forged' })).toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    }
    expect(await client.fence()).toEqual([]);
  });

  it('a bad token in the handshake makes no guest: it is refused', async () => {
    for (const way of ['Authorization', 'subprotocol', 'query'] as const) {
      expect(await show(app.port, way, 'forged')).toBe(401);
    }
  });
});

describe('?token= in production', () => {
  it.each([
    [{}, 401],
    [{ AUTH_QUERY_TOKEN: 'false' }, 401],
    [{ AUTH_QUERY_TOKEN: 'true' }, 101],
  ])('with %j is answered with %d', async (env, status) => {
    const server = await stage.app({ NODE_ENV: 'production', JWT_SECRET: SECRET, ...env });
    expect(await show(server.port, 'query', goodToken())).toBe(status);
    expect(await show(server.port, 'Authorization', goodToken())).toBe(101);
    expect(await show(server.port, 'subprotocol', goodToken())).toBe(101);
    expect(await show(server.port, 'AUTH', goodToken())).toBe('AUTHENTICATED');
  });
});

function claimsIn(token: unknown): Record<string, unknown> {
  const claims: unknown = JSON.parse(Buffer.from(String(token).split('.')[1]!, 'base64url').toString());
  return claims as Record<string, unknown>;
}

describe.each([
  ['/auth/guest', 201],
  ['/login', 200],
])('POST %s', (path, status) => {
  interface Reply {
    readonly status: number;
    readonly body: Record<string, unknown>;
    readonly text: string;
  }

  async function post(body: string, { server = app, type = 'application/json' } = {}): Promise<Reply> {
    const headers = { 'content-type': type };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(server.http + path, { method: 'POST', headers, body, signal });
    const text = await response.text();
    const parsed: unknown = JSON.parse(text);
    return { status: response.status, body: parsed as Record<string, unknown>, text };
  }

  beforeAll(async () => {
    app = await shared.app({
      AUTH_MODE: 'token',
      JWT_SECRET: SECRET,
      GUEST_TOKEN_TTL: '2m',
      JWT_ISSUER: 'us',
      JWT_AUDIENCE: 'chat',
    });
  });
  afterAll(() => shared.clear());

  it(`answers ${status} with a token that is good here`, async () => {
    const reply = await post('{"username":"Grace Hopper 😀"}');
    expect(reply.status).toBe(status);
    const user = { id: expect.stringMatching(/^u-.{16}$/), name: 'Grace Hopper 😀' };
    const token: unknown = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(reply.body).toEqual(path === '/login' ? { token } : { token, expiresIn: 120, user });

    const headers = { Authorization: `Bearer ${String(reply.body['token'])}` };
    const client = await stage.connect(app.url, { headers });
    expect(await client.next('WELCOME')).toMatchObject({ user });
    await join(client, newRoom());
    const { iat, exp, iss, aud } = claimsIn(reply.body['token']);
    expect([Number(exp) - Number(iat), iss, aud]).toEqual([120, 'us', 'chat']);
  });

  it('makes another user of each, of the same name too', async () => {
    const tokens = [await post('{"username":"Ada"}'), await post('{"username":"Ada"}')];
    const subs = tokens.map(({ body }) => claimsIn(body['token'])['sub']);
    expect(new Set(subs).size).toBe(2);
  });

  it('takes nothing else from the body', async () => {
    const body =
      '{"username":"Eve","sub":"u-ada","id":"u-ada","rooms":{"*":["moderate"]},"exp":4e9,"guest":false}';
    const { body: reply } = await post(body);
    const claims = claimsIn(reply['token']);
    expect(Object.keys(claims).toSorted()).toEqual(['aud', 'exp', 'guest', 'iat', 'iss', 'name', 'sub']);
    expect(claims).toMatchObject({ guest: true, name: 'Eve', sub: expect.not.stringMatching('u-ada') });
  });

  it.each([
    ['nothing', '', undefined],
    ['no JSON', '{"username":', undefined],
    ['null', 'null', undefined],
    ['a list', '["Ada"]', undefined],
    ['a string', '"Ada"', undefined],
    ['no username', '{}', undefined],
    ['username null', '{"username":null}', undefined],
    ['username a number', '{"username":5}', undefined],
    ['username an object', '{"username":{"toString":"Ada"}}', undefined],
    ['username a list', '{"username":["Ada"]}', undefined],
    ['an empty username', '{"username":""}', undefined],
    ['65 characters', `{"username":"${'x'.repeat(65)}"}`, undefined],
    ['a control character', '{"username":"a\\u0000b"}', undefined],
    ['a line end', '{"username":"a\\r\\nb"}', undefined],
    ['a lone surrogate', '{"username":"\\ud800"}', undefined],
    ['username only in __proto__', '{"__proto__":{"username":"Ada"}}', undefined],
    ['a form', 'username=Ada', 'application/x-www-form-urlencoded'],
    ['text that is no JSON', 'Ada', 'text/plain'],
  ])('%s is 400, and shows nothing of the inside', async (_name, body, type) => {
    const reply = await post(body, type === undefined ? {} : { type });
    expect(reply.status).toBe(400);
    expect(reply.text).not.toMatch(/node_modules|\.js|stack/);
    expect(reply.body).not.toHaveProperty('token');
  });

  it('JSON under another type is read for /login alone, whose clients send it so', async () => {
    const reply = await post('{"username":"Ada"}', { type: 'text/plain' });
    expect(reply.status).toBe(path === '/login' ? 200 : 400);
  });

  it('a body of more than 64 KB is 413', async () => {
    expect(await post(`{"username":"${'x'.repeat(70_000)}"}`)).toMatchObject({ status: 413 });
  });

  it('a name of exactly 64 characters is fine', async () => {
    expect(await post(`{"username":"${'x'.repeat(64)}"}`)).toMatchObject({ status });
  });

  it('is 403 where AUTH_GUESTS=false', async () => {
    const closed = await stage.app({ AUTH_GUESTS: 'false', JWT_SECRET: SECRET });
    const reply = await post('{"username":"Ada"}', { server: closed });
    expect(reply).toMatchObject({ status: 403, body: { code: 'FORBIDDEN', retryable: false } });
  });
});
