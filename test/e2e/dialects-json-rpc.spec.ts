// JSON-RPC 2.0 over two instances, spoken by a public client library, and by frames of one's own.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { newRoom } from '../support/chat.js';
import { RpcClient } from '../support/rpc-client.js';
import { Stage } from '../support/stage.js';

/** Two instances and a Redis, on however busy a machine. */
const START_TIMEOUT_MS = 120_000;

const stage = new Stage();
let a: AppProcess;
let b: AppProcess;

beforeAll(async () => {
  ({ a, b } = await stage.pair());
}, START_TIMEOUT_MS);
afterAll(() => stage.clear());

async function rpc(app: AppProcess): Promise<RpcClient> {
  const client = await RpcClient.connect(`${app.url}/ws`);
  stage.onClear(() => client.socket.terminate());
  return client;
}

describe('a client of a public JSON-RPC library', () => {
  it('finds every command of the native dialect as a method', async () => {
    const room = newRoom();
    const [ada, bob] = [await rpc(a), await rpc(b)];
    const welcome = await ada.hears('welcome', {});
    expect(welcome.params).toMatchObject({ connectionId: expect.any(String), limits: expect.any(Object) });
    const joined = await ada.call('room.subscribe', { room });
    expect(joined).toEqual({ room, epoch: expect.any(String), offset: 0, replayed: 0, members: 1 });
    expect(await bob.call('room.subscribe', { roomId: room })).toMatchObject({ room, members: 2 });
    await ada.hears('room.member_joined', { room, members: 2 });

    const sent = await ada.call('room.send', { room, message: 'Hello', messageId: 'hello' });
    expect(sent).toEqual({ room, epoch: joined['epoch'], offset: 1, messageId: 'hello', duplicate: false });
    const again = await bob.call('room.send', { room, message: 'Hello', messageId: 'hello' });
    expect(again).toMatchObject({ offset: 1, duplicate: true });
    for (const client of [ada, bob]) {
      const { params } = await client.hears('room.message', { room, offset: 1, message: 'Hello' });
      expect(params).toMatchObject({ messageId: 'hello', sender: { id: expect.any(String) } });
    }
    const history = await bob.call('room.history', { room });
    expect(history).toMatchObject({ room, messages: [{ offset: 1, message: 'Hello' }], more: false });
    const members = await ada.call('room.members', { room });
    expect(members).toMatchObject({ room, count: 2 });
    expect(await ada.call('room.typing', { room, typing: true })).toEqual({});
    await bob.hears('room.typing', { room, typing: true });
    expect(await ada.call('ping')).toEqual({});
    expect(await bob.call('room.unsubscribe', { room })).toEqual({ room });
    await ada.hears('room.member_left', { room, members: 1 });
  });

  it.each([
    [
      'room.nothing',
      {},
      { code: -32601, message: 'Method not found' },
      { code: 'UNKNOWN_TYPE', method: 'room.nothing' },
    ],
    ['room.subscribe', { room: '-bad' }, { code: -32602, message: 'Invalid params' }, { code: 'BAD_ROOM' }],
    [
      'room.subscribe',
      [1],
      { code: -32602, message: 'Invalid params' },
      { code: 'BAD_REQUEST', expected: 'object' },
    ],
    ['room.send', { room: 'elsewhere', message: 'x' }, { code: -32003 }, { code: 'NOT_SUBSCRIBED' }],
    ['room.kick', { room: 'elsewhere', user: 'u' }, { code: -32002 }, { code: 'FORBIDDEN' }],
    ['auth', { token: 'none' }, { code: -32001 }, { code: 'UNAUTHENTICATED' }],
  ])('is told of %s %j', async (method, params, error, data) => {
    const client = await rpc(a);
    const told = { ...error, data: { ...data, retryable: false } };
    await expect(client.call(method, params)).rejects.toMatchObject(told);
    expect(await client.call('ping')).toEqual({});
  });

  it('is told of another content under the same messageId, and of a message too large', async () => {
    const room = newRoom();
    const client = await rpc(a);
    await client.call('room.subscribe', { room });
    await client.call('room.send', { room, message: 'one', messageId: 'm' });
    const other = client.call('room.send', { room, message: 'two', messageId: 'm' });
    await expect(other).rejects.toMatchObject({ code: -32006, data: { code: 'CONFLICT' } });
    const large = client.call('room.send', { room, message: 'x'.repeat(40_000) });
    await expect(large).rejects.toMatchObject({ code: -32004, data: { code: 'MESSAGE_TOO_LARGE' } });
  });

  it('hears nothing of a notification, not even that it failed', async () => {
    const room = newRoom();
    const [ada, bob] = [await rpc(a), await rpc(b)];
    await ada.call('room.subscribe', { room });
    await bob.call('room.subscribe', { room });
    const raw: string[] = [];
    ada.socket.on('message', (data: Buffer) => raw.push(data.toString()));
    ada.notify('room.send', { room, message: 'unanswered' });
    ada.notify('room.nothing', {});
    ada.notify('room.send', { room: '-bad' });
    await bob.hears('room.message', { message: 'unanswered' });
    await ada.call('ping');
    expect(raw.map((text) => JSON.parse(text) as object).filter((frame) => !('method' in frame))).toEqual([
      { jsonrpc: '2.0', result: {}, id: expect.anything() },
    ]);
  });

  it('has a batch answered by one array, in its order, without its notifications', async () => {
    const room = newRoom();
    const client = await rpc(b);
    const answers = await client.batch([
      { method: 'room.subscribe', params: { room }, id: 'join' },
      { method: 'room.send', params: { room, message: 'first' }, id: 1 },
      { method: 'room.send', params: { room, message: 'second' } },
      { method: 'room.nothing', id: 2 },
      { method: 'room.history', params: { room }, id: 3 },
    ]);
    expect(answers).toMatchObject([
      { id: 'join', result: { room, members: 1 } },
      { id: 1, result: { offset: 1 } },
      { id: 2, error: { code: -32601 } },
      { id: 3, result: { messages: [{ message: 'first' }, { message: 'second' }] } },
    ]);
  });
});

/** What comes back for a frame, up to the answer to a ping behind it. */
async function answersTo(text: string): Promise<unknown[]> {
  const client = await stage.connect(`${a.url}/ws`, { protocols: ['roomcast.jsonrpc.v1'] });
  await client.next((frame) => frame['method'] === 'welcome');
  client.send(text);
  client.send({ jsonrpc: '2.0', method: 'ping', id: 'end' });
  await client.next((frame) => frame['id'] === 'end');
  return [...client.queued];
}

describe('frames of one’s own', () => {
  const invalid = { jsonrpc: '2.0', error: expect.objectContaining({ code: -32600 }), id: null };

  it.each([
    [
      'not JSON',
      '{"jsonrpc"',
      { jsonrpc: '2.0', error: expect.objectContaining({ code: -32700 }), id: null },
    ],
    ['an empty batch', '[]', invalid],
    ['a batch of what is no request', '[1, {}]', [invalid, invalid]],
    ['another version', '{"jsonrpc":"1.0","method":"ping","id":5}', { ...invalid, id: 5 }],
  ])('%s is answered as the specification has it', async (_name, text, answer) => {
    expect(await answersTo(text)).toEqual([answer]);
  });

  it.each([
    [
      'a batch of notifications',
      JSON.stringify([
        { jsonrpc: '2.0', method: 'ping' },
        { jsonrpc: '2.0', method: 'none' },
      ]),
    ],
    ['a response', JSON.stringify({ jsonrpc: '2.0', result: 1, id: 1 })],
  ])('%s is not answered', async (_name, text) => {
    expect(await answersTo(text)).toEqual([]);
  });
});
