// All routes of the HTTP API: what succeeds, and what is refused to whom: validation, authentication, limits.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Test } from 'supertest';
import type { AppProcess } from '../support/app-process.js';
import { join, newRoom } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import { API_KEY, Backend } from './backend.js';

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let backend: Backend;
beforeAll(async () => {
  app = await shared.app({ API_KEYS: API_KEY });
  backend = new Backend(app);
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

type Ask = (backend: Backend) => Test;
const OPERATOR_ROUTES: [name: string, status: number, ask: Ask][] = [
  ['POST /api/rooms/:room/messages', 201, (as) => as.publish('general', { message: 'x' })],
  ['GET /api/rooms/:room/messages', 200, (as) => as.history('general')],
  ['GET /api/rooms', 200, (as) => as.get('/api/rooms')],
  ['GET /api/rooms/:room/members', 200, (as) => as.get('/api/rooms/general/members')],
  ['DELETE /api/rooms/:room/members/:id', 204, (as) => as.delete('/api/rooms/general/members/u-eve')],
  ['DELETE /api/users/:id/connections', 204, (as) => as.delete('/api/users/u-eve/connections')],
];
const GUEST_ROUTES: typeof OPERATOR_ROUTES = [
  ['POST /auth/guest', 201, (as) => as.post('/auth/guest', { username: 'Ada' })],
  ['POST /login', 200, (as) => as.post('/login', { username: 'Ada' })],
];

function errorOf(code: string, retryable = false): object {
  return { code, message: expect.any(String), retryable };
}

describe.each(OPERATOR_ROUTES)('%s', (_name, status, ask) => {
  it(`is ${status} with an API key`, async () => {
    expect((await ask(backend)).status).toBe(status);
  });

  it.each([null, '', 'another', API_KEY.slice(1), `${API_KEY}x`])('is 401 with the key %p', async (key) => {
    expect((await ask(new Backend(app, key)).expect(401)).body).toEqual(errorOf('UNAUTHENTICATED'));
  });
});

it.each(GUEST_ROUTES)('%s is %i for everybody', async (_name, status, ask) => {
  const { body } = await ask(new Backend(app, null)).expect(status);
  expect(body).toMatchObject({ token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
});

it('lists rooms and members', async () => {
  const room = newRoom();
  const member = await stage.client(app);
  await join(member, room);
  const { body: list } = await backend.get(`/api/rooms?limit=1&after=room-`).expect(200);
  const createdAt: unknown = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(list).toEqual({ rooms: [{ name: room, count: 1, createdAt }] });
  const { body: members } = await backend.get(`/api/rooms/${room}/members?limit=1`).expect(200);
  const someone = { id: expect.any(String), name: expect.any(String), since: createdAt };
  expect(members).toEqual({ room, count: 1, members: [someone] });
});

describe('validation', () => {
  const messages = '/api/rooms/general/messages';
  const deep = `{"message":"x","data":${'{"x":'.repeat(7)}{}${'}'.repeat(7)}}`;

  it.each([
    ['nothing', ''],
    ['no JSON', '{"message":'],
    ['null', 'null'],
    ['a list', '[{"message":"x"}]'],
    ['a string', '"x"'],
    ['no message', '{}'],
    ['message null', '{"message":null}'],
    ['message a number', '{"message":5}'],
    ['message only in __proto__', '{"__proto__":{"message":"x"}}'],
    ['a lone surrogate', '{"message":"\\ud800"}'],
    ['a number beyond a double', '{"message":"x","data":{"n":1e999}}'],
    ['depth 9', deep],
    ['data a list', '{"message":"x","data":[]}'],
    ['data null', '{"message":"x","data":null}'],
    ['messageId a number', '{"message":"x","messageId":5}'],
    ['messageId empty', '{"message":"x","messageId":""}'],
    ['messageId of 65 characters', `{"message":"x","messageId":"${'x'.repeat(65)}"}`],
    ['messageId with a line end', '{"message":"x","messageId":"a\\nb"}'],
    ['sender a string', '{"message":"x","sender":"u-ada"}'],
    ['sender null', '{"message":"x","sender":null}'],
    ['sender without id', '{"message":"x","sender":{"name":"Ada"}}'],
    ['sender.id a number', '{"message":"x","sender":{"id":5}}'],
    ['sender.id empty', '{"message":"x","sender":{"id":""}}'],
    ['sender.id of 129 characters', `{"message":"x","sender":{"id":"${'x'.repeat(129)}"}}`],
    ['sender.name of 65 characters', `{"message":"x","sender":{"id":"a","name":"${'x'.repeat(65)}"}}`],
    ['sender.name with a control character', '{"message":"x","sender":{"id":"a","name":"\\u0007"}}'],
  ])('publishing %s is 400, and shows nothing of the inside', async (_name, text) => {
    const { body, text: answer } = await backend.post(messages, text).expect(400);
    expect(body).toEqual(errorOf('BAD_REQUEST'));
    expect(answer).not.toMatch(/node_modules|\.js|stack/);
  });

  it('publishing text or a form is 400', async () => {
    for (const type of ['text', 'form']) await backend.post(messages, 'message=x').type(type).expect(400);
    expect((await backend.get(messages)).body).not.toMatchObject({
      messages: [{ message: expect.anything() }, {}],
    });
  });

  it('takes depth 8, and ignores members it does not know', async () => {
    const body = deep.replace('{}', '0').replace('"message"', '"offset":5,"room":"other","message"');
    expect((await backend.post(messages, body).expect(201)).body).toMatchObject({ room: 'general' });
  });

  const badQueries = [
    'limit=0',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=1e2',
    'limit=0x10',
  ].concat(
    ['limit=1&limit=2', 'limit[]=1', 'limit=%2B1', 'limit=01', 'limit=1e999', 'limit= 1', 'limit[x]=1'],
    ['offset=5', 'Limit=5', '__proto__=1', 'constructor=1', 'limit=1&room=general'],
  );
  it.each([
    ...badQueries.flatMap((query) => [
      `/api/rooms?${query}`,
      `/api/rooms/general/members?${query}`,
      `${messages}?${query}`,
    ]),
    ...['before=0', 'before=x', 'after=-1', 'after=x', 'before=1&after=1', 'before=9999999999999999999'].map(
      (query) => `${messages}?${query}`,
    ),
    `/api/users/${'x'.repeat(129)}/connections`,
  ])('%s is 400', async (path) => {
    const ask = path.startsWith('/api/users') ? backend.delete(path) : backend.get(path);
    expect((await ask.expect(400)).body).toEqual(errorOf('BAD_REQUEST'));
  });

  const badRooms = ['!control', '*', '.x', 'x'.repeat(129), 'a b', 'caf\u00E9', '\u0000', 'a/b'];
  it.each(badRooms.map((room) => encodeURIComponent(room)))('the room %s is 400', async (room) => {
    const asks = [
      backend.publish(room, { message: 'x' }),
      backend.history(room),
      backend.get(`/api/rooms/${room}/members`),
      backend.get(`/api/rooms?after=${room}`),
      backend.delete(`/api/rooms/${room}/members/u-eve`),
    ];
    for (const ask of asks) expect((await ask.expect(400)).body).toEqual(errorOf('BAD_ROOM'));
  });

  it('a path that is not well-formed is 400', async () => {
    expect((await backend.get('/api/rooms/%zz/messages').expect(400)).body).toEqual(errorOf('BAD_REQUEST'));
  });

  it('what is no route is 404', async () => {
    for (const path of ['/api', '/api/rooms/general', '/api/rooms/a/b/messages', '/nothing'])
      expect((await backend.get(path)).status).toBe(404);
    expect((await backend.delete('/api/rooms/general/messages')).status).toBe(404);
  });
});

describe('limits', () => {
  it('without API_KEYS, /api is 403', async () => {
    const closed = await stage.app();
    for (const [, , ask] of OPERATOR_ROUTES) {
      expect((await ask(new Backend(closed)).expect(403)).body).toEqual(errorOf('FORBIDDEN'));
    }
  });

  it('over MAX_REQUESTS_PER_MINUTE, all but /health is 429 with Retry-After', async () => {
    const busy = new Backend(await stage.app({ API_KEYS: API_KEY, MAX_REQUESTS_PER_MINUTE: '2' }));
    await busy.publish('general', { message: 'x' }).expect(201);
    await busy.history('general').expect(200);
    for (const [, , ask] of [...OPERATOR_ROUTES, ...GUEST_ROUTES]) {
      const { body, headers } = await ask(busy).expect(429);
      expect(body).toEqual(errorOf('RATE_LIMITED', true));
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    await busy.get('/health').expect(200);
  });

  it('while Redis is away, what needs it is 503 with Retry-After', async () => {
    const redis = await stage.redis();
    const cut = new Backend(await stage.app({ API_KEYS: API_KEY, REDIS_URL: redis.url }));
    await cut.publish('general', { message: 'x' }).expect(201);
    await redis.stop();
    for (const [, , ask] of OPERATOR_ROUTES) {
      const { body, headers } = await ask(cut).expect(503);
      expect(body).toEqual(errorOf('UNAVAILABLE', true));
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
  });
});
