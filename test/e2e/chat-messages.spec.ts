// What a message carries, and that it is stored once.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, newRoom, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';

const MAX_MESSAGE_BYTES = 32_768;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let sender: TestClient;
let member: TestClient;
let room: string;

beforeAll(async () => {
  app = await shared.app();
});
beforeEach(async () => {
  [sender, member, room] = [await stage.client(app), await stage.client(app), newRoom()];
  await join(sender, room);
  await join(member, room);
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

describe('content', () => {
  it.each([
    ['emoji', '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽'],
    ['right to left, with marks', 'שלום \u202Eمرحبا\u202C'],
    ['combining marks, not normalised', 'e\u0301 \u00E9 Z\u0351\u036B\u0343'],
    ['the ends of the planes', '\uFFFD\uFFFE\uFFFF\u{10000}\u{10FFFF}'],
    ['controls and quotes', '\u0000\u0001\b\t\n\r\u001F"\\/\u007F\u2028\u2029'],
    ['nothing', ''],
    ['what looks like JSON', '","type":"PONG","x":"'],
  ])('comes through as it was: %s', async (_name, message) => {
    await say(sender, room, message, { data: { [message]: [message] } });
    const [heard] = await hear(member, room, 1);
    expect(heard).toMatchObject({ message, data: { [message]: [message] } });
    const history = await member.request({ type: 'HISTORY', room });
    expect(history['messages']).toEqual([heard]);
  });

  it('data is opaque, and absent where none was given', async () => {
    const data = { type: 'PONG', id: 1, room: 'x', nested: { list: [null, true, 1.5, '', {}, []] } };
    await say(sender, room, 'with', { data });
    await say(sender, room, 'empty', { data: {} });
    await say(sender, room, 'without');
    const [full, empty, without] = await hear(member, room, 3);
    expect(full).toMatchObject({ type: 'MESSAGE', room, data });
    expect(full).not.toHaveProperty('id');
    expect(empty).toHaveProperty('data', {});
    expect(without).not.toHaveProperty('data');
  });

  it('a __proto__ key inside data arrives unharmed and harms nobody', async () => {
    const data = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    sender.send(`{"type":"SEND_MESSAGE","id":1,"room":"${room}","message":"x","data":${data}}`);
    expect(await sender.next('ACK')).toMatchObject({ id: 1 });
    const [heard] = await hear(member, room, 1);
    expect(JSON.stringify(heard?.['data'])).toBe(data);
    expect(await member.request({ type: 'PING' })).toEqual({ type: 'PONG', id: expect.anything() });
  });

  it('nobody can forge the sender, the time or the position', async () => {
    const forged = {
      sender: { id: 'u-1', name: 'Root' },
      sentAt: '1999-01-01T00:00:00.000Z',
      offset: 99,
      epoch: 'e',
    };
    const before = new Date().toISOString();
    await say(sender, room, 'mine', forged);
    const [heard] = await hear(member, room, 1);
    expect(heard).toMatchObject({ offset: 1, sender: { id: expect.not.stringMatching('u-1$') } });
    expect(String(heard?.['sentAt']) >= before).toBe(true);
  });

  it('has the sender that WELCOME told it to be', async () => {
    const newcomer = await stage.connect(app.url);
    const { user } = await newcomer.next('WELCOME');
    await join(newcomer, room);
    await say(newcomer, room, 'hi');
    expect(await hear(member, room, 1)).toMatchObject([{ sender: user }]);
  });
});

describe('MESSAGE_TOO_LARGE', () => {
  const tooLarge = { type: 'ERROR', code: 'MESSAGE_TOO_LARGE', retryable: false };

  it('counts the UTF-8 bytes of message and data together; up to the limit it is delivered', async () => {
    const longest = 'é'.repeat(MAX_MESSAGE_BYTES / 2);
    await say(sender, room, longest);
    expect(await hear(member, room, 1)).toMatchObject([{ message: longest }]);

    const longer = { type: 'SEND_MESSAGE', room, message: `${longest}x` };
    expect(await sender.request(longer)).toMatchObject(tooLarge);
    const half = 'x'.repeat(MAX_MESSAGE_BYTES / 2);
    const together = { type: 'SEND_MESSAGE', room, message: half, data: { half } };
    expect(await sender.request(together)).toMatchObject(tooLarge);

    await say(sender, room, 'goes on');
    expect(await hear(member, room, 1)).toMatchObject([{ offset: 2, message: 'goes on' }]);
  });
});

describe('the same messageId again', () => {
  it('stores nothing new and answers the first ACK as a duplicate, to other members too', async () => {
    const content = { data: { n: 1 }, messageId: 'once' };
    const first = await say(sender, room, 'hello', content);
    expect(first['duplicate']).toBe(false);
    await say(sender, room, 'between');
    const repeated = { ...first, id: expect.anything(), duplicate: true };
    expect(await say(sender, room, 'hello', content)).toEqual(repeated);
    expect(await say(member, room, 'hello', content)).toEqual(repeated);

    await hear(member, room, 2);
    expect(await member.fence()).toEqual([]);
    expect(await member.request({ type: 'HISTORY', room })).toMatchObject({
      messages: [{ messageId: 'once' }, { message: 'between' }],
    });
  });

  it('counts per room', async () => {
    const other = newRoom();
    await join(sender, other);
    await say(sender, room, 'hello', { messageId: 'm' });
    expect(await say(sender, other, 'hello', { messageId: 'm' })).toMatchObject({
      offset: 1,
      duplicate: false,
    });
  });

  it.each([
    ['another text', { message: 'other', data: { n: 1 } }],
    ['other data', { message: 'hello', data: { n: 2 } }],
    ['no data', { message: 'hello' }],
    ['data moved into the text', { message: 'hello\0{"n":1}' }],
  ])('is a CONFLICT with %s', async (_name, content) => {
    await say(sender, room, 'hello', { data: { n: 1 }, messageId: 'm' });
    const conflict = { type: 'ERROR', code: 'CONFLICT', retryable: false };
    expect(await sender.request({ type: 'SEND_MESSAGE', room, messageId: 'm', ...content })).toMatchObject(
      conflict,
    );
    await hear(member, room, 1);
    expect(await member.fence()).toEqual([]);
  });

  it('may have 64 characters, whatever their bytes', async () => {
    for (const messageId of ['x'.repeat(64), 'é'.repeat(64), '{a}:*?[b] c', '__proto__']) {
      expect(await say(sender, room, 'x', { messageId })).toMatchObject({ messageId, duplicate: false });
      expect(await say(sender, room, 'x', { messageId })).toMatchObject({ messageId, duplicate: true });
    }
  });
});
