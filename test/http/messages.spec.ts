// POST and GET /api/rooms/:room/messages: a backend publishes and reads, beside the chat's own members.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, newRoom, pluck, range, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import { API_KEY, Backend } from './backend.js';

const MAX_MESSAGE_BYTES = 2_000;

const stage = new Stage();
let app: AppProcess;
let backend: Backend;
beforeAll(async () => {
  app = await stage.app({
    API_KEYS: API_KEY,
    MAX_MESSAGE_BYTES: String(MAX_MESSAGE_BYTES),
    MAX_FRAME_BYTES: '8192',
    SEND_BUDGET_BYTES: '65536',
    HISTORY_SIZE: '400',
  });
  backend = new Backend(app);
});
afterAll(() => stage.clear());

async function fill(room: string, count: number, message = 'x'): Promise<void> {
  for (const nth of range(1, count)) {
    await backend.publish(room, { message: `${message}${nth}`, messageId: `m-${nth}` }).expect(201);
  }
}

describe('publishing', () => {
  it('answers 201 with the ACK, and every member hears the message', async () => {
    const room = newRoom();
    const member = await stage.client(app);
    const { epoch } = await join(member, room);
    const body = { message: 'Deployed', data: { version: 2 }, messageId: 'deploy-2' };
    const { body: ack } = await backend.publish(room, body).expect(201);
    expect(ack).toEqual({ room, epoch, offset: 1, messageId: 'deploy-2', duplicate: false });
    expect(await hear(member, room, 1)).toEqual([
      {
        type: 'MESSAGE',
        room,
        offset: 1,
        ...body,
        sender: { id: 'server', name: 'Server' },
        sentAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
  });

  it('speaks on behalf of the sender it names', async () => {
    const room = newRoom();
    const member = await stage.client(app);
    await join(member, room);
    const ada = { id: 'u-ada', name: 'Ada' };
    await backend.publish(room, { message: 'x', sender: { ...ada, admin: true } }).expect(201);
    await backend.publish(room, { message: 'y', sender: { id: 'u-bob' } }).expect(201);
    const nameless = '😀'.repeat(128);
    await backend.publish(room, { message: 'z', sender: { id: nameless } }).expect(201);
    expect(pluck(await hear(member, room, 3), 'sender')).toEqual([
      ada,
      { id: 'u-bob', name: 'u-bob' },
      { id: nameless, name: '😀'.repeat(64) },
    ]);
  });

  it('is numbered with what members send, and makes a messageId where none is given', async () => {
    const room = newRoom();
    const member = await stage.client(app);
    await join(member, room);
    await say(member, room, 'from a member');
    const { body: ack } = await backend.publish(room, { message: 'from the backend' }).expect(201);
    expect(ack).toMatchObject({ offset: 2, messageId: expect.stringMatching(/^[\w-]{24}$/) });
    expect(await say(member, room, 'from a member')).toMatchObject({ offset: 3 });
  });

  it('reaches a room that nobody is in, or was', async () => {
    const room = newRoom();
    await backend.publish(room, { message: 'early' }).expect(201);
    const member = await stage.client(app);
    expect(await join(member, room, { history: 10 })).toMatchObject({ replayed: 1 });
    expect(await hear(member, room, 1)).toMatchObject([{ message: 'early', offset: 1 }]);
  });

  it('again with the same messageId stores nothing new, over HTTP or WebSocket', async () => {
    const room = newRoom();
    const member = await stage.client(app);
    await join(member, room);
    const message = { message: 'once', messageId: 'order-1', data: { total: 5 } };
    const first = await backend.publish(room, message).expect(201);
    const again = await backend.publish(room, { ...message, sender: { id: 'u-ada' } }).expect(201);
    expect(again.body).toEqual({ ...(first.body as object), duplicate: true });
    const { messageId, data } = message;
    expect(await say(member, room, 'once', { messageId, data })).toMatchObject({
      offset: 1,
      duplicate: true,
    });
    await backend.publish(room, { message: 'next' }).expect(201);
    expect(pluck(await hear(member, room, 2), 'message')).toEqual(['once', 'next']);
  });

  it.each([{ message: 'two' }, { data: {} }])('the same messageId with %j is 409', async (other) => {
    const room = newRoom();
    await backend.publish(room, { message: 'one', messageId: 'm-1' }).expect(201);
    const { body } = await backend.publish(room, { message: 'one', messageId: 'm-1', ...other }).expect(409);
    expect(body).toEqual({ code: 'CONFLICT', message: expect.any(String), retryable: false });
    expect((await backend.history(room)).body).toMatchObject({ messages: [{ message: 'one' }] });
  });

  it('many at once get each an offset of its own', async () => {
    const room = newRoom();
    const replies = await Promise.all(
      range(1, 50).map((nth) => backend.publish(room, { message: `m${nth}`, messageId: `m-${nth % 25}` })),
    );
    expect(replies.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(25);
    const stored = replies
      .filter(({ status }) => status === 201)
      .map(({ body }) => body as { offset: number });
    expect(pluck(stored as never, 'offset').toSorted((a, b) => Number(a) - Number(b))).toEqual(range(1, 25));
  });

  it('a message as large as may be passes, one byte more is 413', async () => {
    const room = newRoom();
    await backend.publish(room, { message: 'x'.repeat(MAX_MESSAGE_BYTES) }).expect(201);
    const over = [
      { message: 'x'.repeat(MAX_MESSAGE_BYTES + 1) },
      { message: 'é'.repeat(MAX_MESSAGE_BYTES / 2), data: {} },
      { message: 'x'.repeat(9_000) },
    ];
    for (const body of over) {
      const reply = await backend.publish(room, body).expect(413);
      expect(reply.body).toMatchObject({ code: 'MESSAGE_TOO_LARGE', retryable: false });
    }
    expect((await backend.history(room)).body).toMatchObject({ messages: [{ offset: 1 }], more: false });
  });
});

describe('reading', () => {
  const room = newRoom();
  beforeAll(() => fill(room, 320));

  it('pages backwards from the newest, each message once', async () => {
    const offsets: unknown[] = [];
    for (let query = 'limit=150', more = true; more;) {
      const { body } = await backend
        .history(room, query)
        .expect(200)
        .expect('Content-Type', /^application\/json/);
      const page = body as { messages: { offset: number }[]; more: boolean };
      offsets.unshift(...page.messages.map(({ offset }) => offset));
      query = `limit=150&before=${page.messages[0]!.offset}`;
      more = page.more;
    }
    expect(offsets).toEqual(range(1, 320));
  });

  it('pages forwards, and shows the MESSAGE events of WebSocket', async () => {
    const member = await stage.client(app);
    await join(member, room);
    for (const after of [0, 100, 319]) {
      const query = { after, limit: 200 };
      const { messages, more, epoch } = await member.request({ type: 'HISTORY', room, ...query });
      const { body } = await backend.history(room, `after=${after}&limit=200`).expect(200);
      expect(body).toEqual({ room, epoch, messages, more });
    }
  });

  it.each([
    ['', range(271, 320), true],
    ['limit=1', [320], true],
    ['limit=301', range(21, 320), true],
    ['limit=999999999999999', range(21, 320), true],
    ['before=3', [1, 2], false],
    ['before=1', [], false],
    ['after=318', [319, 320], false],
    ['after=999', [], false],
  ])('?%s', async (query, offsets, more) => {
    const { body } = await backend.history(room, query).expect(200);
    const { messages } = body as { messages: never[] };
    expect([pluck(messages, 'offset'), (body as { more: boolean }).more]).toEqual([offsets, more]);
  });

  it('a page has no more bytes than a reply over WebSocket', async () => {
    const large = newRoom();
    await fill(large, 50, 'x'.repeat(1_900));
    const { body, text } = await backend.history(large, 'limit=50').expect(200);
    expect(text.length).toBeLessThan(70_000);
    const { messages, more } = body as { messages: never[]; more: boolean };
    expect(more).toBe(true);
    expect(pluck(messages, 'offset').at(-1)).toBe(50);
  });

  it('a room without messages has none', async () => {
    const { body } = await backend.history('nobody-was-here').expect(200);
    expect(body).toEqual({ room: 'nobody-was-here', epoch: expect.any(String), messages: [], more: false });
  });
});
