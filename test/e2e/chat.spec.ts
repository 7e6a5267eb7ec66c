// Every command and its reply, on one instance with the embedded broker.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, leave, newRoom, pluck, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';

const MAX_ROOMS = 100;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let client: TestClient;
let room: string;

beforeAll(async () => {
  app = await shared.app();
});
beforeEach(async () => {
  client = await stage.client(app);
  room = newRoom();
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

describe('replies', () => {
  it('SUBSCRIBED tells where the room stands', async () => {
    client.send({ type: 'SUBSCRIBE', id: 1, room });
    const epoch: unknown = expect.stringMatching(/^\S+$/);
    const { members = 1, ...reply } = await client.next();
    expect(reply).toEqual({ type: 'SUBSCRIBED', id: 1, room, epoch, offset: 0, replayed: 0 });
    // Told from the day on which the server counts them.
    expect(members).toBe(1);
  });

  it('UNSUBSCRIBED comes also when it was not subscribed', async () => {
    client.send({ type: 'UNSUBSCRIBE', id: 8, room });
    expect(await client.next()).toEqual({ type: 'UNSUBSCRIBED', id: 8, room });
    await join(client, room);
    client.send({ type: 'UNSUBSCRIBE', id: 9, room });
    expect(await client.next()).toEqual({ type: 'UNSUBSCRIBED', id: 9, room });
  });

  it('ACK and MESSAGE tell the same position and messageId; the sender gets both', async () => {
    const { epoch } = await join(client, room);
    client.send({ type: 'SEND_MESSAGE', id: 7, room, message: 'Hello', data: { a: 1 }, messageId: 'm-1' });
    const ack = await client.next('ACK');
    expect(ack).toEqual({ type: 'ACK', id: 7, room, epoch, offset: 1, messageId: 'm-1', duplicate: false });
    expect(await client.next('MESSAGE')).toEqual({
      type: 'MESSAGE',
      room,
      offset: 1,
      messageId: 'm-1',
      sender: { id: expect.stringMatching(/^u-./), name: expect.stringMatching(/./) },
      message: 'Hello',
      data: { a: 1 },
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  it('ACK comes only where the command carried an id', async () => {
    await join(client, room);
    client.send({ type: 'SEND_MESSAGE', room, message: 'quiet' });
    await hear(client, room, 1);
    expect(await client.fence()).toEqual([]);
  });

  it('the server makes a messageId, another one each time, where the client did not', async () => {
    await join(client, room);
    const first = await say(client, room, 'same');
    const second = await say(client, room, 'same');
    const ids = pluck(await hear(client, room, 2), 'messageId');
    expect(ids).toEqual([first['messageId'], second['messageId']]);
    expect(new Set(ids).size).toBe(2);
  });

  it('HISTORY has the messages as they were delivered', async () => {
    const { epoch } = await join(client, room);
    await say(client, room, 'one', { data: { n: 1 } });
    await say(client, room, 'two');
    const messages = await hear(client, room, 2);
    client.send({ type: 'HISTORY', id: 9, room });
    expect(await client.next()).toEqual({ type: 'HISTORY', id: 9, room, epoch, messages, more: false });
  });

  it('PONG answers PING', async () => {
    client.send({ type: 'PING', id: 'p' });
    client.send({ type: 'PING' });
    expect(await client.next()).toEqual({ type: 'PONG', id: 'p' });
    expect(await client.next()).toEqual({ type: 'PONG' });
  });

  it('ERROR tells its code, and has no id where the command carried none', async () => {
    const message: unknown = expect.stringContaining(room);
    client.send({ type: 'SEND_MESSAGE', id: 7, room, message: 'x' });
    const error = { type: 'ERROR', code: 'NOT_SUBSCRIBED', message, retryable: false };
    expect(await client.next()).toEqual({ ...error, id: 7 });
    client.send({ type: 'HISTORY', room });
    expect(await client.next()).toEqual(error);
  });
});

describe('commands', () => {
  it.each([['text'], [''], ['x'.repeat(64)], ['1'], [0], [-5], [Number.MAX_SAFE_INTEGER]])(
    'bring their id back as it was: %j',
    async (id) => {
      client.send({ type: 'SUBSCRIBE', id, room });
      client.send({ type: 'SEND_MESSAGE', id, room, message: 'x' });
      client.send({ type: 'HISTORY', id, room });
      client.send({ type: 'UNSUBSCRIBE', id, room });
      client.send({ type: 'HISTORY', id, room });
      client.send({ type: 'PING', id });
      const replies = (await client.fence()).filter(({ type }) => type !== 'MESSAGE');
      const types = ['SUBSCRIBED', 'ACK', 'HISTORY', 'UNSUBSCRIBED', 'ERROR', 'PONG'];
      expect(pluck(replies, 'type')).toEqual(types);
      expect(pluck(replies, 'id')).toEqual(types.map(() => id));
    },
  );

  it('take roomId for room, and ignore members they do not know', async () => {
    const roomId = room;
    const more = { roomId, unknown: { deep: [1] }, sender: { id: 'u-forged' }, offset: 7 };
    expect(await client.request({ type: 'SUBSCRIBE', ...more })).toMatchObject({ type: 'SUBSCRIBED', room });
    expect(await client.request({ type: 'SEND_MESSAGE', message: 'x', ...more })).toMatchObject({
      offset: 1,
      room,
    });
    expect(await client.request({ type: 'HISTORY', ...more })).toMatchObject({ type: 'HISTORY', room });
    expect(await client.request({ type: 'UNSUBSCRIBE', ...more })).toMatchObject({
      type: 'UNSUBSCRIBED',
      room,
    });
  });

  it('are answered in their order, 200 of all kinds in one go', async () => {
    const other = newRoom();
    const kinds = [
      [{ type: 'SUBSCRIBE', room }, 'SUBSCRIBED'],
      [{ type: 'SEND_MESSAGE', room, message: 'x' }, 'ACK'],
      [{ type: 'PING' }, 'PONG'],
      [{ type: 'SEND_MESSAGE', room: other, message: 'x' }, 'ERROR'],
      [{ type: 'HISTORY', room }, 'HISTORY'],
      [{ type: 'SEND_MESSAGE', room, message: 'y' }, 'ACK'],
      [{ type: 'NO_SUCH' }, 'ERROR'],
      [{ type: 'UNSUBSCRIBE', room }, 'UNSUBSCRIBED'],
      [{ type: 'SEND_MESSAGE', room, message: 'z' }, 'ERROR'],
      [{ type: 'SUBSCRIBE', room: other, history: 10 }, 'SUBSCRIBED'],
      [{ type: 'UNSUBSCRIBE', room: other }, 'UNSUBSCRIBED'],
    ] as const;
    const commands = Array.from({ length: 200 }, (_, id) => ({ ...kinds[id % kinds.length]![0], id }));
    for (const command of commands) client.send(command);
    const replies = (await client.fence()).filter(({ type }) => type !== 'MESSAGE');
    expect(pluck(replies, 'id')).toEqual(commands.map(({ id }) => id));
    expect(pluck(replies, 'type')).toEqual(commands.map(({ id }) => kinds[id % kinds.length]![1]));
  });
});

describe('rooms', () => {
  it('deliver to every member, in one order, and to nobody else', async () => {
    const [other, outsider] = [await stage.client(app), await stage.client(app)];
    const elsewhere = newRoom();
    await join(client, room);
    await join(other, room);
    await join(outsider, elsewhere);
    const senders = [client, other];
    await Promise.all(
      senders.flatMap((sender, n) => [1, 2, 3, 4, 5].map((i) => say(sender, room, `${n}-${i}`))),
    );

    const heard = await hear(client, room, 10);
    expect(await hear(other, room, 10)).toEqual(heard);
    expect(pluck(heard, 'offset')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await outsider.fence()).toEqual([]);
  });

  it('deliver once to whoever subscribed twice, and nothing after one UNSUBSCRIBE', async () => {
    const sender = await stage.client(app);
    await join(sender, room);
    const first = await join(client, room);
    expect(await join(client, room)).toEqual({ ...first, id: expect.anything() });
    await say(sender, room, 'heard');
    expect(await hear(client, room, 1)).toMatchObject([{ message: 'heard' }]);

    await leave(client, room);
    await say(sender, room, 'not heard');
    expect(await client.fence()).toEqual([]);
    expect(await client.request({ type: 'SEND_MESSAGE', room, message: 'x' })).toMatchObject({
      code: 'NOT_SUBSCRIBED',
    });
  });

  it('come 100 to a connection, and one more is LIMIT_EXCEEDED until one is left', async () => {
    const rooms = Array.from({ length: MAX_ROOMS }, (_, index) => `${room}-${index}`);
    await Promise.all(rooms.map((each) => join(client, each)));
    const tooMany = { type: 'SUBSCRIBE', room };
    expect(await client.request(tooMany)).toMatchObject({
      type: 'ERROR',
      code: 'LIMIT_EXCEEDED',
      retryable: false,
    });
    // A room it is in already is not one more.
    await join(client, rooms[0]!);
    await leave(client, rooms[1]!);
    await join(client, room);

    const sender = await stage.client(app);
    for (const each of [rooms[0]!, rooms[99]!, rooms[1]!, room]) {
      await join(sender, each);
      await say(sender, each, 'to all');
    }
    const heard = await client.fence();
    expect(pluck(heard, 'room')).toEqual([rooms[0], rooms[99], room]);
  });
});
