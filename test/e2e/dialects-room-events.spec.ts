// The room-events dialect over two instances: a client written for the public project of those frames works unchanged.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { join, newRoom, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import type { Frame, TestClient } from '../support/test-client.js';

/** Two instances and a Redis, on however busy a machine. */
const START_TIMEOUT_MS = 120_000;

const shared = new Stage();
const stage = new Stage();
let a: AppProcess;
let b: AppProcess;
let room: string;

beforeAll(async () => {
  ({ a, b } = await shared.pair({ PRESENCE_GRACE: '0s' }));
}, START_TIMEOUT_MS);
beforeEach(() => {
  room = newRoom();
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

async function chatter(app: AppProcess, username: string, more: object = {}): Promise<[TestClient, string]> {
  const client = await stage.connect(app.url, { protocols: [] });
  client.send({ type: 'join', roomId: room, username, ...more });
  const { userId } = await client.next('connected');
  return [client, String(userId)];
}

/** Whatever comes next, which must be this error. */
async function expectProblem(client: TestClient, frame: object | string, message: string): Promise<void> {
  client.send(frame);
  expect(await client.next()).toEqual({ type: 'error', message });
}

describe('the frames of the README', () => {
  it('join a room, with its number of members over the fleet', async () => {
    const [ada, adaId] = await chatter(a, 'Ada', { roomName: 'General Discussion' });
    const joined = { type: 'roomJoined', roomId: room, message: `Joined room ${room}` };
    expect(await ada.next()).toEqual({ ...joined, memberCount: 1 });
    const [bob, bobId] = await chatter(b, 'Bob');
    expect(await bob.next()).toEqual({ ...joined, memberCount: 2 });
    expect(await ada.next()).toEqual({ type: 'userJoined', username: 'Bob', userId: bobId, memberCount: 2 });
    expect(adaId).not.toBe(bobId);
  });

  it('send messages to all in the room, the sender too, who has left with leaveRoom', async () => {
    const [ada, adaId] = await chatter(a, 'John Doe');
    await ada.next('roomJoined');
    const [bob, bobId] = await chatter(b, 'Bob');
    await bob.next('roomJoined');
    await ada.next('userJoined');
    ada.send({ type: 'message', content: 'Hello everyone! 👋' });
    const message: Frame = {
      type: 'message',
      content: 'Hello everyone! 👋',
      username: 'John Doe',
      userId: adaId,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    };
    expect(await ada.next()).toEqual(message);
    expect(await bob.next()).toEqual(message);

    bob.send({ type: 'leaveRoom' });
    expect(await ada.next()).toEqual({ type: 'userLeft', username: 'Bob', userId: bobId, memberCount: 1 });
    // Nothing answers leaving, and what is said then is not heard.
    ada.send({ type: 'message', content: 'alone' });
    await ada.next('message');
    await expectProblem(bob, { type: 'message', content: 'still here?' }, 'Join a room first');
  });

  it('tell who lost the connection', async () => {
    const [ada] = await chatter(a, 'Ada');
    await ada.next('roomJoined');
    const [bob, userId] = await chatter(b, 'Bob');
    await ada.next('userJoined');
    bob.terminate();
    expect(await ada.next()).toEqual({ type: 'userLeft', username: 'Bob', userId, memberCount: 1 });
  });
});

describe('a connection', () => {
  it('is in one room at a time, and leaves it when it joins another', async () => {
    const [ada] = await chatter(a, 'Ada');
    await ada.next('roomJoined');
    const [bob, userId] = await chatter(b, 'Bob');
    await bob.next('roomJoined');
    await ada.next('userJoined');
    const other = newRoom();
    bob.send({ type: 'join', roomId: other, username: 'Robert' });
    expect(await bob.next()).toMatchObject({ type: 'roomJoined', roomId: other, memberCount: 1 });
    expect(await ada.next()).toMatchObject({ type: 'userLeft', userId, memberCount: 1 });
    ada.send({ type: 'message', content: 'not for him' });
    bob.send({ type: 'message', content: 'elsewhere' });
    expect(await ada.next()).toMatchObject({ type: 'message', content: 'not for him' });
    expect(await bob.next()).toMatchObject({ type: 'message', content: 'elsewhere', username: 'Robert' });
  });

  it('can do at once what it sends at once', async () => {
    const client = await stage.connect(a.url, { protocols: [] });
    client.send({ type: 'join', roomId: room, username: 'Ada' });
    client.send({ type: 'message', content: 'one' });
    const heard = [await client.next(), await client.next(), await client.next()];
    client.send({ type: 'leaveRoom' });
    client.send({ type: 'message', content: 'two' });
    expect([...heard, await client.next()]).toMatchObject([
      { type: 'connected', message: 'Connected', userId: expect.stringMatching(/./) },
      { type: 'roomJoined' },
      { type: 'message', content: 'one' },
      { type: 'error', message: 'Join a room first' },
    ]);
  });

  it('lists the rooms of the fleet, the oldest first', async () => {
    const [ada] = await chatter(a, 'Ada');
    await ada.next('roomJoined');
    const [native, later] = [await stage.client(b), newRoom()];
    await join(native, later);
    ada.send({ type: 'getRoomList' });
    const { rooms } = (await ada.next('roomList')) as unknown as { rooms: Record<string, unknown>[] };
    const ours = rooms.filter(({ roomId }) => roomId === room || roomId === later);
    const createdAt: unknown = expect.stringMatching(/Z$/);
    expect(ours).toEqual([
      { roomId: room, name: room, memberCount: 1, createdAt },
      { roomId: later, name: later, memberCount: 1, createdAt },
    ]);
  });
});

describe('errors', () => {
  it('are told in the words of the original, and the socket stays open', async () => {
    const client = await stage.connect(a.url, { protocols: [] });
    client.send({ type: 'message', content: 'too early' });
    await client.next('connected');
    expect(await client.next()).toEqual({ type: 'error', message: 'Join a room first' });
    await expectProblem(client, '{"type":"join"', 'Invalid JSON format');
    await expectProblem(client, { type: 'join', roomId: room }, 'roomId & username required');
    await expectProblem(client, { type: 'join', username: 'Ada' }, 'roomId & username required');
    await expectProblem(client, { type: 'join', roomId: '', username: '' }, 'roomId & username required');
    await expectProblem(client, { type: 'shout' }, 'Unknown message type');
    await expectProblem(client, 'null', 'Unknown message type');
    await expectProblem(client, { type: 'join', roomId: 'not a room id', username: 'Ada' }, 'Join failed');
    client.send({ type: 'join', roomId: room, username: 'Ada' });
    expect(await client.next()).toMatchObject({ type: 'roomJoined', memberCount: 1 });
  });

  it('end the connection where they are five malformed frames in a row', async () => {
    const [client] = await chatter(a, 'Ada');
    for (let strike = 0; strike < 5; strike++) client.send('{');
    expect((await client.closed).code).toBe(4501);
  });
});

it('hears and is heard by the native dialect', async () => {
  const [ada, userId] = await chatter(a, 'Ada');
  await ada.next('roomJoined');
  const native = await stage.client(b);
  await join(native, room);
  await ada.next('userJoined');
  await say(native, room, 'from the native side', { data: { x: 1 } });
  expect(await ada.next()).toMatchObject({ type: 'message', content: 'from the native side' });
  ada.send({ type: 'message', content: 'to the native side' });
  await native.next('MESSAGE');
  expect(await native.next('MESSAGE')).toEqual({
    type: 'MESSAGE',
    room,
    offset: 2,
    messageId: expect.any(String),
    sender: { id: userId, name: 'Ada' },
    message: 'to the native side',
    sentAt: expect.any(String),
  });
});
