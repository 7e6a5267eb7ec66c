// A client that reads nothing in a busy room: it costs little, disturbs nobody, and is told the truth afterwards.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { healthTells, join, pluck, range, sayAll, texts } from '../support/chat.js';
import { within } from '../support/deadline.js';
import type { RawSocket } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import type { Frame, TestClient } from '../support/test-client.js';

const ROOM = 'busy';
const TIMEOUT_MS = 15_000;
const MIB = 1024 * 1024;
const FILLING = 'x'.repeat(30_000);
/** Messages at once under way. */
const BURST = 50;
/** How sockets are written to, and the settings for it. */
const WAYS: Record<string, Record<string, string>> = {
  'the native loop': {},
  "libuv's handles": { NATIVE_SEND_LOOP: 'false' },
  streams: { DIRECT_IO: 'false' },
};

const stage = new Stage();

afterEach(() => stage.clear());

/** An instance, on which a budget is soon used up and slowness is borne for long, unless told otherwise. */
async function start(env: Record<string, string>): Promise<AppProcess> {
  return stage.app({
    SEND_BUDGET_BYTES: '65536',
    SLOW_CONSUMER_TIMEOUT: '10m',
    HEARTBEAT_INTERVAL: '10m',
    HEARTBEAT_TIMEOUT: '10m',
    TAIL_SIZE: '50',
    LOG_LEVEL: 'warn',
    ...env,
  });
}

/** A member who has stopped reading. */
async function sleeper(app: AppProcess): Promise<RawSocket> {
  const raw = await stage.raw(app.port);
  raw.send({ type: 'SUBSCRIBE', id: 1, room: ROOM });
  expect([await raw.next(), await raw.next()]).toMatchObject([{ type: 'WELCOME' }, { type: 'SUBSCRIBED' }]);
  raw.pause();
  return raw;
}

async function members(app: AppProcess): Promise<[TestClient, TestClient]> {
  const both = [await stage.client(app), await stage.client(app)] as [TestClient, TestClient];
  for (const client of both) await join(client, ROOM);
  return both;
}

/** Has `sender` publish the messages `from`…`to`, which both must get, each once and in order. */
async function publish([sender, witness]: [TestClient, TestClient], from: number, to: number): Promise<void> {
  for (let first = from; first <= to; first += BURST) {
    const last = Math.min(to, first + BURST - 1);
    const acks = await sayAll(sender, ROOM, texts(last - first + 1, FILLING));
    expect(pluck(acks, 'offset')).toEqual(range(first, last));
    for (const client of [sender, witness]) {
      const heard: Frame[] = [];
      while (heard.length < acks.length) heard.push(await client.next('MESSAGE', TIMEOUT_MS));
      expect(pluck(heard, 'offset')).toEqual(range(first, last));
    }
  }
}

/** What the awakened client is sent, up to the message `last`: offsets, and each GAP as a frame. */
async function readUpTo(raw: RawSocket, last: number): Promise<unknown[]> {
  raw.resume();
  const told: unknown[] = [];
  for (let offset: unknown; offset !== last;) {
    const frame = await raw.next(TIMEOUT_MS);
    offset = frame['offset'];
    told.push(frame['type'] === 'MESSAGE' ? offset : frame);
  }
  return told;
}

describe('a client that reads nothing', () => {
  it('costs bounded memory while 150 MB are published, and the others get everything', async () => {
    const app = await start({ HISTORY_SIZE: '100' });
    const others = await members(app);
    await publish(others, 1, 200);
    const before = await app.residentBytes();
    const asleep = await Promise.all(range(1, 5).map(() => sleeper(app)));
    let most = 0;
    for (let from = 201; from <= 5200; from += 100) {
      await publish(others, from, from + 99);
      most = Math.max(most, await app.residentBytes());
    }
    expect((most - before) / MIB).toBeLessThan(100);
    await healthTells(app, { connections: 2 + asleep.length });
  });

  // The smaller budget is below the high-water mark that Node's own streams have since version 22.
  it.each(
    Object.entries(WAYS).flatMap(([way, settings]) =>
      ['65536', '131072'].map((budget) => [way, budget, settings] as const),
    ),
  )(
    'gets everything in order, once, when it reads again (by %s, budget %s)',
    async (_way, SEND_BUDGET_BYTES, settings) => {
      const app = await start({ HISTORY_SIZE: '1000', SEND_BUDGET_BYTES, ...settings });
      const others = await members(app);
      const asleep = await sleeper(app);
      await publish(others, 1, 900);
      expect(await readUpTo(asleep, 900)).toEqual(range(1, 900));

      // It is as live as before.
      await publish(others, 901, 910);
      expect(await readUpTo(asleep, 910)).toEqual(range(901, 910));
      asleep.send({ type: 'PING', id: 2 });
      expect(await asleep.next()).toEqual({ type: 'PONG', id: 2 });
    },
  );

  it.each([
    ['Redis', async () => ({ REDIS_URL: (await stage.redis()).url })],
    ['NATS', async () => ({ NATS_URL: (await stage.nats()).url })],
  ])('gets from %s what is not in memory any more, in order, once', async (_name, startBroker) => {
    const app = await start({ HISTORY_SIZE: '1000', ...(await startBroker()) });
    const others = await members(app);
    const asleep = await sleeper(app);
    await publish(others, 1, 600);
    expect(await readUpTo(asleep, 600)).toEqual(range(1, 600));
    await publish(others, 601, 610);
    expect(await readUpTo(asleep, 610)).toEqual(range(601, 610));
  });

  it('is told by one GAP what was trimmed meanwhile, and gets the rest in order', async () => {
    const app = await start({ HISTORY_SIZE: '60' });
    const others = await members(app);
    const { epoch } = await join(others[0], ROOM);
    const asleep = await sleeper(app);
    await publish(others, 1, 900);
    const told = await readUpTo(asleep, 900);

    const gaps = told.filter((each): each is Record<string, unknown> => typeof each === 'object');
    const from = told.indexOf(gaps[0]) + 1;
    const to = 900 - (told.length - from);
    expect(gaps).toEqual([{ type: 'GAP', room: ROOM, epoch, from, to }]);
    expect(told).toEqual([...range(1, from - 1), gaps[0], ...range(to + 1, 900)]);
    // All that could still be replayed was.
    expect(to).toBeLessThanOrEqual(900 - 60);

    await publish(others, 901, 905);
    expect(await readUpTo(asleep, 905)).toEqual(range(901, 905));
  });

  it.each([
    ['plain', { sender: 'Pia', content: 'here' }],
    ['envelope', { type: 'send_message', payload: { message: 'here' } }],
  ])('is closed with 4010 where its dialect (%s) has no words for what was lost', async (_name, hello) => {
    const app = await start({ HISTORY_SIZE: '60' });
    const others = await members(app);
    const asleep = await stage.raw(app.port, { path: `/ws/${ROOM}`, protocol: null });
    asleep.send(hello);
    await asleep.next();
    for (const client of others) await client.next('MESSAGE');
    asleep.pause();
    await publish(others, 2, 901);
    asleep.resume();
    expect(await within(asleep.closed, TIMEOUT_MS, 'The end')).toBe(4010);
    await publish(others, 902, 905);
  });

  it.each(Object.entries(WAYS))(
    'is closed with 4008 when it takes nothing for too long, and nobody else is (by %s)',
    async (_way, settings) => {
      const env = { HISTORY_SIZE: '100', SLOW_CONSUMER_TIMEOUT: '1s', ...settings };
      const app = await start(env);
      const others = await members(app);
      const asleep = await sleeper(app);
      await publish(others, 1, 900);
      await healthTells(app, { connections: 2 });
      await publish(others, 901, 905);

      // The close frame is behind what it did not read, and may be lost with the connection.
      asleep.resume();
      expect([4008, undefined]).toContain(await within(asleep.closed, TIMEOUT_MS, 'The end'));
      expect(await others[1].request({ type: 'PING' })).toMatchObject({ type: 'PONG' });
    },
  );

  it('is closed when it only asks and never reads the answers', async () => {
    const app = await start({ SLOW_CONSUMER_TIMEOUT: '1s' });
    const others = await members(app);
    await publish(others, 1, 100);
    const before = await app.residentBytes();
    const asleep = await sleeper(app);
    for (let id = 1; id <= 400; id++) asleep.send({ type: 'HISTORY', id, room: ROOM, limit: 100 });
    await healthTells(app, { connections: 2 });
    expect((await app.residentBytes()) / MIB).toBeLessThan(before / MIB + 100);
    await publish(others, 101, 105);
  });
});

it('a client that reads half as fast as is said, for longer than slowness is borne, is not cut', async () => {
  const app = await start({ HISTORY_SIZE: '10000', SLOW_CONSUMER_TIMEOUT: '1500ms' });
  const others = await members(app);
  const slow = await sleeper(app);
  const told: unknown[] = [];
  let said = 0;
  for (
    const startedAt = performance.now();
    performance.now() - startedAt < 4000 || said < 1000;
    said += BURST
  ) {
    await publish(others, said + 1, said + BURST);
    told.push(...(await readUpTo(slow, (said + BURST) / 2)));
    slow.pause();
  }
  told.push(...(await readUpTo(slow, said)));
  expect(told).toEqual(range(1, said));
});
