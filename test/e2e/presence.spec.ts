// Who is in a room, as clients of two instances on one Redis see it, and as the HTTP API tells it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { healthTells, join, leave, newRoom } from '../support/chat.js';
import { PresenceUsers } from '../support/presence-users.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';

const TIMEOUT_MS = 5_000;
const API_KEY = 'an-api-key-which-is-long-enough';
const ENV = {
  JWT_SECRET: 'a-secret-of-the-tests-which-is-long-enough-to-be-one',
  API_KEYS: API_KEY,
  PRESENCE_GRACE: '1s',
};

const shared = new Stage();
const stage = new Stage();
const people = new PresenceUsers(stage);
let a: AppProcess;
let b: AppProcess;
let room: string;

beforeAll(async () => {
  ({ a, b } = await shared.pair(ENV));
});
beforeEach(() => {
  room = newRoom();
});
afterEach(async () => {
  await stage.clear();
  for (const app of [a, b]) await healthTells(app, { connections: 0, rooms: 0 });
});
afterAll(() => shared.clear());

async function api(path: string, key = API_KEY, app = b): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(app.http + path, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return { status: response.status, body: await response.json() };
}

/** What a client was told of the others so far. */
async function news(client: TestClient): Promise<unknown[]> {
  return client.fence();
}

describe('members', () => {
  it('are told as the protocol has it', async () => {
    const ada = await people.connect(a, 'Ada');
    expect(await join(ada.client, room)).toMatchObject({ members: 1 });
    const bob = await people.connect(b, 'Bob');
    expect(await join(bob.client, room)).toMatchObject({ members: 2 });
    const member = { id: bob.id, name: 'Bob' };
    expect(await ada.client.next()).toEqual({ type: 'MEMBER_JOINED', room, member, members: 2 });
    const since: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await bob.client.request({ type: 'MEMBERS', room })).toEqual({
      type: 'MEMBERS',
      id: expect.any(String),
      room,
      count: 2,
      members: [
        { id: ada.id, name: 'Ada', since },
        { id: bob.id, name: 'Bob', since },
      ],
    });
    expect(await ada.client.request({ type: 'MEMBERS', roomId: room, limit: 1 })).toMatchObject({
      count: 2,
      members: [{ id: ada.id }],
    });
    await leave(bob.client, room);
    expect(await ada.client.next()).toEqual({ type: 'MEMBER_LEFT', room, member, members: 1 });
    expect(await news(bob.client)).toEqual([]);
  });

  it('are users, whatever connections they have, on whichever instance', async () => {
    const ada = await people.connect(a, 'Ada');
    await join(ada.client, room);
    const bob = await people.connect(a, 'Bob');
    await join(bob.client, room);
    const tab = await bob.again(b);
    expect(await join(tab, room)).toMatchObject({ members: 2 });
    await leave(bob.client, room);
    await ada.client.next('MEMBER_JOINED');
    const eve = await people.connect(b, 'Eve');
    await join(eve.client, room);
    await ada.client.next('MEMBER_JOINED');
    expect(await news(ada.client)).toEqual([]);
    await leave(tab, room);
    expect(await ada.client.next()).toMatchObject({
      type: 'MEMBER_LEFT',
      member: { id: bob.id },
      members: 2,
    });
  });

  it('that reconnect elsewhere have never left; those who don’t, leave after the grace', async () => {
    const ada = await people.connect(a, 'Ada');
    await join(ada.client, room);
    const bob = await people.connect(a, 'Bob');
    const eve = await people.connect(a, 'Eve');
    for (const { client } of [bob, eve]) {
      await join(client, room);
      await ada.client.next('MEMBER_JOINED');
      client.terminate();
    }
    const back = await bob.again(b);
    expect(await join(back, room)).toMatchObject({ members: 3 });
    expect(await ada.client.next()).toMatchObject({
      type: 'MEMBER_LEFT',
      member: { id: eve.id },
      members: 2,
    });
    await leave(back, room);
    expect(await ada.client.next()).toMatchObject({
      type: 'MEMBER_LEFT',
      member: { id: bob.id },
      members: 1,
    });
  });

  it('of the path’s room are counted like any', async () => {
    const { client } = await people.connect(a, 'Ada', `/ws/${room}`);
    expect(await client.next('SUBSCRIBED')).toMatchObject({ members: 1 });
  });

  it.each([
    [{ type: 'MEMBERS', room: 'not-joined' }, 'NOT_SUBSCRIBED'],
    [{ type: 'MEMBERS' }, 'BAD_REQUEST'],
    [{ type: 'MEMBERS', room: '*' }, 'BAD_ROOM'],
    [{ type: 'MEMBERS', room: 'not-joined', limit: 0 }, 'BAD_REQUEST'],
    [{ type: 'MEMBERS', room: 'not-joined', limit: '5' }, 'BAD_REQUEST'],
    [{ type: 'TYPING', room: 'not-joined', typing: true }, 'NOT_SUBSCRIBED'],
    [{ type: 'TYPING', room: 'not-joined' }, 'BAD_REQUEST'],
    [{ type: 'TYPING', room: 'not-joined', typing: 1 }, 'BAD_REQUEST'],
  ])('%j is %s', async (command, code) => {
    const { client } = await people.connect(a, 'Ada');
    expect(await client.request(command)).toMatchObject({ type: 'ERROR', code, retryable: false });
  });
});

describe('typing', () => {
  it('is told to the others, not answered, and over when the typist is gone', async () => {
    const ada = await people.connect(a, 'Ada');
    const bob = await people.connect(b, 'Bob');
    for (const { client } of [ada, bob]) await join(client, room);
    await ada.client.next('MEMBER_JOINED');
    bob.client.send({ type: 'TYPING', id: 'unanswered', room, typing: true });
    const member = { id: bob.id, name: 'Bob' };
    expect(await ada.client.next()).toEqual({ type: 'TYPING', room, member, typing: true });
    bob.client.send({ type: 'TYPING', room, typing: true });
    expect(await news(bob.client)).toEqual([]);
    bob.client.terminate();
    expect(await ada.client.next()).toEqual({ type: 'TYPING', room, member, typing: false });
    expect(await ada.client.next()).toMatchObject({ type: 'MEMBER_LEFT' });
  });
});

describe('an instance that drains', () => {
  it('lets its members go within the grace, but who comes elsewhere in time has never left', async () => {
    const { a: draining, b: staying } = await stage.pair(ENV);
    const ada = await people.connect(staying, 'Ada');
    await join(ada.client, room);
    const [bob, eve] = [await people.connect(draining, 'Bob'), await people.connect(draining, 'Eve')];
    for (const { client } of [bob, eve]) {
      await join(client, room);
      await ada.client.next('MEMBER_JOINED');
    }
    expect(await draining.kill('SIGTERM')).toBe(0);
    const back = await bob.again(staying);
    expect(await join(back, room)).toMatchObject({ members: 3 });
    // Far sooner than by the lease.
    expect(await ada.client.next(undefined, TIMEOUT_MS)).toMatchObject({
      type: 'MEMBER_LEFT',
      member: { id: eve.id },
      members: 2,
    });
    await leave(back, room);
    expect(await ada.client.next()).toMatchObject({
      type: 'MEMBER_LEFT',
      member: { id: bob.id },
      members: 1,
    });
  });
});

describe('the HTTP API', () => {
  it('lists rooms with members, page by page, and who is there', async () => {
    const ada = await people.connect(a, 'Ada');
    const rooms = [`${room}-1`, `${room}-2`, `${room}-3`];
    for (const each of rooms) await join(ada.client, each);
    const bob = await people.connect(b, 'Bob');
    await join(bob.client, rooms[1]!);
    const createdAt: unknown = expect.stringMatching(/^\d{4}-.*Z$/);
    const first = await api('/api/rooms?limit=2');
    expect(first).toEqual({
      status: 200,
      body: {
        rooms: [
          { name: rooms[0], count: 1, createdAt },
          { name: rooms[1], count: 2, createdAt },
        ],
        next: rooms[1],
      },
    });
    expect(await api(`/api/rooms?limit=2&after=${rooms[1]}`)).toEqual({
      status: 200,
      body: { rooms: [{ name: rooms[2], count: 1, createdAt }] },
    });
    expect(await api(`/api/rooms/${rooms[1]}/members`)).toMatchObject({
      status: 200,
      body: { room: rooms[1], count: 2, members: [{ id: ada.id, name: 'Ada' }, { id: bob.id }] },
    });
    expect(await api(`/api/rooms/${newRoom()}/members`)).toMatchObject({
      status: 200,
      body: { count: 0, members: [] },
    });
  });

  it.each(['/api/rooms', '/api/rooms/general/members'])('%s takes an API key', async (path) => {
    expect(await api(path, 'another')).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it.each([
    ['/api/rooms?limit=0', 'BAD_REQUEST'],
    ['/api/rooms?limit=x', 'BAD_REQUEST'],
    ['/api/rooms?limit=1&limit=2', 'BAD_REQUEST'],
    ['/api/rooms?after=%2A', 'BAD_ROOM'],
    ['/api/rooms/%2A/members', 'BAD_ROOM'],
    ['/api/rooms/general/members?limit=-1', 'BAD_REQUEST'],
  ])('%s is %s', async (path, code) => {
    expect(await api(path)).toMatchObject({ status: 400, body: { code } });
  });
});

it('one instance with the embedded broker tells the same', async () => {
  const app = await stage.app({ ...ENV, BROKER: 'embedded' });
  const [ada, bob] = [await people.connect(app, 'Ada'), await people.connect(app, 'Bob')];
  for (const { client } of [ada, bob]) await join(client, room);
  expect(await ada.client.next()).toMatchObject({
    type: 'MEMBER_JOINED',
    member: { id: bob.id },
    members: 2,
  });
  expect((await api('/api/rooms', API_KEY, app)).body).toMatchObject({ rooms: [{ name: room, count: 2 }] });
  bob.client.terminate();
  expect(await ada.client.next()).toMatchObject({ type: 'MEMBER_LEFT', member: { id: bob.id }, members: 1 });
});
