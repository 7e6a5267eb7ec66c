// The bad input that the tables of test/e2e leave out: bombs, swarms of fragments, and members that aren't theirs to say.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deflateRawSync } from 'node:zlib';
import type { AppProcess } from '../support/app-process.js';
import { type Bystanders, bystandersOf } from '../support/bystanders.js';
import { healthTells, join, newRoom } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { closePayload, frameOf, Opcode } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import { RawHttp, upgradeRequest } from './raw-http.js';

const TIMEOUT_MS = 10_000;
const MIB = 1024 * 1024;
const PING_COMMAND = '{"type":"PING","id":1}';

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let bystanders: Bystanders;

beforeAll(async () => {
  app = await shared.app();
  bystanders = await bystandersOf(app);
  shared.onClear(() => bystanders.leave());
});
afterEach(async () => {
  await stage.clear();
  await bystanders.expectUndisturbed();
  await healthTells(app, { connections: 2, rooms: 1 });
});
afterAll(() => shared.clear());

/** `payload` in so many fragments, all but the first of which have `size` characters of it. */
function swarm(count: number, size: number): Buffer {
  const first = frameOf('{"type":"PING","x":"', { fin: false });
  const rest = Array.from({ length: count }, () => frameOf('x'.repeat(size), { opcode: 0, fin: false }));
  return Buffer.concat([first, ...rest, frameOf('"}', { opcode: 0 })]);
}

describe('frames', () => {
  it.each([
    ['20,000 tiny fragments', swarm(20_000, 1)],
    ['20,000 empty fragments', swarm(20_000, 0)],
    ['65 fragments', swarm(65, 0)],
  ])('%s end the connection with 1008', async (_name, bytes) => {
    const raw = await stage.raw(app.port);
    raw.write(bytes);
    expect(await within(raw.closed, TIMEOUT_MS, 'The close')).toBe(1008);
  });

  it('a bomb of 50 MB in 48 KB does not go off: compression is never agreed to', async () => {
    const bomb = deflateRawSync(Buffer.alloc(50 * MIB, 'x')).subarray(0, -4);
    expect(bomb.length).toBeLessThan(60_000);
    const before = await app.residentBytes();
    const raw = await RawHttp.open(app.port);
    stage.onClear(() => raw.destroy());
    const offered = 'permessage-deflate; client_max_window_bits; server_no_context_takeover';
    raw.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': offered } }));
    const { status, headers } = await raw.answer();
    expect([status, headers.get('sec-websocket-extensions')]).toEqual([101, undefined]);
    raw.write(frameOf(bomb, { rsv: 4 }));
    await raw.finish();
    // The payload of a close frame with 1002.
    expect(raw.received).toContain(closePayload(1002).toString('latin1'));
    expect((await app.residentBytes()) - before).toBeLessThan(30 * MIB);
  });

  it('a length that is longer than it need be is taken', async () => {
    const short = frameOf(PING_COMMAND);
    const length = Buffer.alloc(10);
    length[0] = 0x80 | Opcode.TEXT;
    length[1] = 0x80 | 127;
    length.writeBigUInt64BE(BigInt(PING_COMMAND.length), 2);
    const raw = await stage.raw(app.port);
    expect(await raw.next()).toMatchObject({ type: 'WELCOME' });
    raw.write(Buffer.concat([length, short.subarray(2)]));
    expect(await raw.next()).toEqual({ type: 'PONG', id: 1 });
  });
});

function members(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index.toString(36)}`, 0]));
}

describe('JSON', () => {
  it('thousands of unknown members are ignored', async () => {
    const client = await stage.client(app);
    expect(await client.request({ type: 'PING', ...members(7_000) })).toEqual({
      type: 'PONG',
      id: expect.anything(),
    });
  });

  it('10,000 keys are more than a frame has room for, or a message', async () => {
    const [client, other] = [await stage.client(app), await stage.client(app)];
    const room = newRoom();
    await join(client, room);
    const command = { type: 'SEND_MESSAGE', room, message: 'x', data: members(6_000) };
    expect(await client.request(command)).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    other.send({ type: 'PING', ...members(10_000) });
    expect((await within(other.closed, TIMEOUT_MS, 'The close')).code).toBe(1009);
  });

  it('numbers beyond the safe integers travel as the doubles they are', async () => {
    const client = await stage.client(app);
    const room = newRoom();
    await join(client, room);
    client.send(
      `{"type":"SEND_MESSAGE","room":"${room}","message":"x","data":{"n":9007199254740993,"m":1e308}}`,
    );
    expect(await client.next('MESSAGE')).toMatchObject({ data: { n: 2 ** 53, m: 1e308 } });
  });

  it('sender, time and position are told by the server, whatever the client says', async () => {
    const client = await stage.client(app);
    const room = newRoom();
    await join(client, room);
    const forged = { id: 'u-admin', name: 'Admin' };
    const claimed = {
      sender: forged,
      user: forged,
      sentAt: '1999-01-01T00:00:00.000Z',
      offset: 99,
      epoch: 'mine',
    };
    const own = { previousOffset: 98, timestamp: 0, from: 'Admin', connectionId: 'c-1' };
    const ack = await client.request({ type: 'SEND_MESSAGE', room, message: 'x', ...claimed, ...own });
    expect(ack).toMatchObject({ type: 'ACK', offset: 1, epoch: expect.not.stringMatching('mine') });
    const message = await client.next('MESSAGE');
    expect(Object.keys(message).toSorted()).toEqual([
      'message',
      'messageId',
      'offset',
      'room',
      'sender',
      'sentAt',
      'type',
    ]);
    expect(message).toMatchObject({ offset: 1, sender: { id: expect.stringMatching(/^u-.{16}$/) } });
    expect(Math.abs(Date.now() - Date.parse(String(message['sentAt'])))).toBeLessThan(60_000);
  });

  it('__proto__ in data reaches the others as it is, and nothing here', async () => {
    const client = await stage.client(app);
    const room = newRoom();
    await join(client, room);
    const data = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toJSON":5}';
    client.send(`{"type":"SEND_MESSAGE","room":"${room}","message":"x","data":${data}}`);
    const message = await client.next('MESSAGE');
    expect(JSON.stringify(message['data'])).toBe(data);
    expect(await client.request({ type: 'PING' })).not.toHaveProperty('polluted');
  });
});

describe('rooms', () => {
  it.each([
    'x'.repeat(10_000),
    '!control',
    '!kicks',
    'roomcast:control\0',
    '{general}',
    '../general',
    'general\u200D',
  ])('%p is BAD_ROOM', async (room) => {
    const client = await stage.client(app);
    for (const type of ['SUBSCRIBE', 'UNSUBSCRIBE', 'SEND_MESSAGE', 'HISTORY', 'MEMBERS', 'TYPING', 'KICK']) {
      const command = { type, room, message: 'x', typing: true, user: 'u-x' };
      expect(await client.request(command)).toMatchObject({ code: 'BAD_ROOM' });
    }
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'roomcast:control', 'room:general'])(
    '%s is a room like any other',
    async (room) => {
      const client = await stage.client(app);
      await join(client, room);
      const ack = await client.request({ type: 'SEND_MESSAGE', room, message: 'x' });
      expect(ack).toMatchObject({ type: 'ACK', room });
      expect(await client.next('MESSAGE')).toMatchObject({ room, message: 'x' });
    },
  );
});
