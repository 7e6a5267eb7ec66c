// The envelope dialect over two instances: log in, connect with the token, talk, change rooms, as its public project does.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { join, newRoom, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import type { Frame, TestClient } from '../support/test-client.js';

const SECRET = 'a secret for both instances, long enough';

/** Two instances and a Redis, on however busy a machine. */
const START_TIMEOUT_MS = 120_000;

const shared = new Stage();
const stage = new Stage();
let a: AppProcess;
let b: AppProcess;

beforeAll(async () => {
  ({ a, b } = await shared.pair({ JWT_SECRET: SECRET }));
}, START_TIMEOUT_MS);
afterEach(() => stage.clear());
afterAll(() => shared.clear());

async function login(app: AppProcess, body: string): Promise<Response> {
  return fetch(`${app.http}/login`, {
    method: 'post',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
}

async function user(app: AppProcess, username: string): Promise<TestClient> {
  const response = await login(app, JSON.stringify({ username }));
  expect(response.status).toBe(200);
  const { token } = JSON.parse(await response.text()) as { token: string };
  return stage.connect(`${app.url}/ws?token=${token}`, { protocols: [] });
}

async function inRoom(app: AppProcess, username: string, name: string): Promise<TestClient> {
  const client = await user(app, username);
  client.send({ type: 'change_room', payload: { name } });
  client.send({ type: 'send_message', payload: { message: `${username} is here`, from: username } });
  await client.next('new_message');
  return client;
}

function newMessage(from: string, message: string): Frame {
  const sent: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  return { type: 'new_message', payload: { message, from, sent } };
}

describe('a client of the README', () => {
  it.each([
    ['no type', undefined],
    ['plain text', 'text/plain;charset=UTF-8'],
    ['a form', 'application/x-www-form-urlencoded'],
  ])('logs in with JSON under %s', async (_name, type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    const body = new Blob([JSON.stringify({ username: 'Ada' })]);
    const response = await fetch(`${a.http}/login`, { method: 'post', headers, body });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
  });

  it('is refused without a name', async () => {
    for (const body of ['{}', '{"username":""}', '', 'username=Ada']) {
      const response = await fetch(`${a.http}/login`, { method: 'post', body });
      expect([body, response.status]).toEqual([body, 400]);
    }
  });

  it('is in room 0 at first, under the name it logged in with', async () => {
    const [ada, bob] = [await user(a, 'Ada'), await user(b, 'Bob')];
    bob.send({ type: 'send_message', payload: { message: 'first', from: 'ignored' } });
    expect(await bob.next()).toEqual(newMessage('Bob', 'first'));
    ada.send({ type: 'send_message', payload: { message: 'Hello <b>', from: 'Mallory' } });
    expect(await ada.next()).toEqual(newMessage('Ada', 'Hello <b>'));
    expect(await bob.next()).toEqual(newMessage('Ada', 'Hello <b>'));
  });

  it('changes rooms, and hears only the one it is in', async () => {
    const [ada, bob, eve] = [await inRoom(a, 'Ada', '3'), await inRoom(b, 'Bob', '3'), await user(b, 'Eve')];
    await ada.next('new_message');
    eve.send({ type: 'send_message', payload: { message: 'in room 0', from: 'Eve' } });
    expect(await eve.next()).toEqual(newMessage('Eve', 'in room 0'));
    ada.send({ type: 'send_message', payload: { message: 'in room 3', from: 'Ada' } });
    expect(await ada.next()).toEqual(newMessage('Ada', 'in room 3'));
    expect(await bob.next()).toEqual(newMessage('Ada', 'in room 3'));
    bob.send({ type: 'change_room', payload: { name: '0' } });
    bob.send({ type: 'send_message', payload: { message: 'moved', from: 'Bob' } });
    expect(await bob.next()).toEqual(newMessage('Bob', 'moved'));
    // In room 3 it was not heard, nor was anything of room 3 here.
    expect(await eve.next()).toEqual(newMessage('Bob', 'moved'));
    expect(ada.queued).toEqual([]);
  });

  it('is told nothing but messages, whatever it does wrong', async () => {
    const ada = await user(a, 'Ada');
    for (const frame of [
      { type: 'send_message', payload: { message: 5 } },
      { type: 'change_room', payload: { name: 'no such room' } },
      { type: 'change_room', payload: {} },
      { type: 'no_such_event', payload: {} },
      { type: 'send_message', payload: null },
    ]) {
      ada.send(frame);
    }
    ada.send('not JSON');
    ada.send({ type: 'send_message', payload: { message: '', from: 'Ada' } });
    expect(await ada.next()).toEqual(newMessage('Ada', ''));
  });

  it('hears and is heard by the native dialect', async () => {
    const room = newRoom();
    const [ada, native] = [await inRoom(a, 'Ada', room), await stage.client(b)];
    await join(native, room);
    await say(native, room, 'hi');
    expect(await ada.next()).toMatchObject({ type: 'new_message', payload: { message: 'hi' } });
    ada.send({ type: 'send_message', payload: { message: 'hi yourself', from: 'Ada' } });
    await native.next('MESSAGE');
    expect(await native.next('MESSAGE')).toMatchObject({ message: 'hi yourself', sender: { name: 'Ada' } });
  });
});
