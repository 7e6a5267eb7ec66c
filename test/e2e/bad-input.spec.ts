// Text frames that are wrong: each gets its error, the connection goes on, and nobody else notices.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { type Bystanders, bystandersOf } from '../support/bystanders.js';
import { healthTells, join, pluck, sayAll, texts } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';
import { badTexts } from './bad-input-cases.js';

const TIMEOUT_MS = 5000;
const MOST = 300;
const MALFORMED = '{"type":"PING"';

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let bystanders: Bystanders;

async function serve(env: Record<string, string>): Promise<void> {
  app = await shared.app(env);
  bystanders = await bystandersOf(app);
  shared.onClear(() => bystanders.leave());
}

afterEach(async () => {
  await stage.clear();
  await bystanders.expectUndisturbed();
  await healthTells(app, { connections: 2, rooms: 1 });
});

async function member(): Promise<TestClient> {
  const client = await stage.client(app);
  await join(client, 'mine');
  return client;
}

const brokers: [string, () => Promise<void>][] = [
  ['embedded', () => serve({})],
  ['redis', async () => serve({ REDIS_URL: (await shared.redis()).url })],
];

describe.each(brokers)('with the %s broker', (_broker, start) => {
  beforeAll(start);
  afterAll(() => shared.clear());

  it.each(badTexts)('$name is $code', async ({ text, code, id }) => {
    const client = await member();
    client.send(text);
    const error = await client.next('ERROR');
    const message: unknown = expect.stringMatching(/./);
    const expected = { type: 'ERROR', code, message, retryable: false };
    expect(error).toStrictEqual(id === undefined ? expected : { ...expected, id });
    expect(error['message']).not.toMatch(/node_modules|\.js|SyntaxError|undefined/);
    // Nothing else was done or said, and it goes on.
    expect(await client.fence()).toEqual([]);
    expect(await client.request({ type: 'HISTORY', room: 'mine' })).toMatchObject({
      messages: [],
      more: false,
    });
  });

  it.each([2 ** 53, 1e19, 1e20, 1e21, 1e300])(
    '%p as a number that is bounded is no reason to fail',
    async (huge) => {
      const client = await member();
      await join(client, 'long');
      await sayAll(client, 'long', texts(3));
      const asked = [
        { type: 'HISTORY', before: huge },
        { type: 'HISTORY', after: huge },
        { type: 'HISTORY', limit: huge },
        { type: 'SUBSCRIBE', history: huge },
      ];
      for (const command of asked) {
        const { type, code } = await client.request({ ...command, room: 'long' });
        // Taken for as much as there is, or refused; not UNAVAILABLE, which asks to try again.
        expect(['HISTORY', 'SUBSCRIBED', 'BAD_REQUEST']).toContain(code ?? type);
      }
    },
  );

  it('a limit of a billion is taken for 300', async () => {
    const client = await member();
    await join(client, 'longer');
    await sayAll(client, 'longer', texts(MOST + 10));
    const page = await client.request({ type: 'HISTORY', room: 'longer', limit: 1e9 });
    expect(page).toMatchObject({ type: 'HISTORY', more: true });
    expect(page['messages']).toHaveLength(MOST);
    const again = await stage.client(app);
    expect(await join(again, 'longer', { history: 1e9 })).toMatchObject({ replayed: MOST });
  });

  it('what stands in __proto__ counts for no command, then or later', async () => {
    const client = await stage.client(app);
    const proto =
      '"__proto__":{"type":"PING","room":"polluted","message":"x","history":300,"data":{},"id":9}';
    client.send(`{"type":"SUBSCRIBE","id":1,"room":"mine",${proto}}`);
    expect(await client.next()).toMatchObject({ type: 'SUBSCRIBED', id: 1, room: 'mine', replayed: 0 });
    client.send(`{"type":"SEND_MESSAGE","id":2,"room":"mine","message":"mine",${proto}}`);
    const heard = await client.next('MESSAGE');
    expect(heard).toMatchObject({ room: 'mine', message: 'mine' });
    expect(heard).not.toHaveProperty('data');
    await client.next('ACK');

    for (const type of ['SUBSCRIBE', 'SEND_MESSAGE', 'HISTORY', 'UNSUBSCRIBE']) {
      expect(await client.request({ type })).toMatchObject({ type: 'ERROR', code: 'BAD_REQUEST' });
    }
    client.send({});
    const error = await client.next('ERROR');
    expect(error).toMatchObject({ code: 'BAD_REQUEST' });
    expect(error).not.toHaveProperty('id');
  });
});

describe('frames that are no commands', () => {
  beforeAll(() => serve({}));
  afterAll(() => shared.clear());

  it('get an ERROR each, and with the fifth in a row the connection ends with 4501', async () => {
    const client = await stage.client(app);
    for (let strike = 1; strike <= 5; strike++) client.send(MALFORMED);
    client.send({ type: 'PING' });
    expect(await within(client.closed, TIMEOUT_MS, 'The close')).toMatchObject({ code: 4501 });
    const codes = client.queued.map(({ type, code }) => [type, code]);
    expect(codes).toEqual(Array.from({ length: 5 }, () => ['ERROR', 'BAD_REQUEST']));
  });

  it('count anew after each command, also one that is refused', async () => {
    const client = await stage.client(app);
    for (const command of [{ type: 'PING' }, { type: 'NO_SUCH' }, { type: 'SUBSCRIBE' }, { type: 'PING' }]) {
      for (let strike = 1; strike <= 4; strike++) client.send(MALFORMED);
      client.send(command);
    }
    const replies = await client.fence();
    expect(replies).toHaveLength(20);
    expect(pluck(replies, 'type').filter((type) => type === 'PONG')).toHaveLength(2);
    client.send(MALFORMED);
    expect(await client.next()).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('are not those which are commands, however wrong: these never end it', async () => {
    const client = await stage.client(app);
    for (let n = 0; n < 20; n++) client.send({ type: n % 2 ? 'NO_SUCH' : 'SUBSCRIBE', room: '*' });
    const replies = await client.fence();
    expect(pluck(replies, 'code')).toEqual(
      Array.from({ length: 10 }, () => ['BAD_ROOM', 'UNKNOWN_TYPE']).flat(),
    );
  });

  it('are answered in their place among the commands', async () => {
    const client = await stage.client(app);
    for (let id = 0; id < 60; id += 3) {
      client.send({ type: 'SUBSCRIBE', id, room: 'mine' });
      client.send(`{"id":${id + 1}}`);
      client.send({ type: 'UNSUBSCRIBE', id: id + 2, room: 'mine' });
    }
    expect(pluck(await client.fence(), 'id')).toEqual(Array.from({ length: 60 }, (_, id) => id));
  });

  it('are answered also where no dialect is known, and leave it to the next frame', async () => {
    const client = await stage.connect(app.url, { protocols: [] });
    client.send(MALFORMED);
    expect(await client.next('ERROR')).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await client.request({ type: 'PING' })).toMatchObject({ type: 'PONG' });
    expect(pluck(await client.fence(), 'type')).toEqual(['WELCOME']);
  });
});
