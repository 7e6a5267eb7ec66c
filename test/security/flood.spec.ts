// Floods: refused at first, then cut, while the others go on talking and the server stays small.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FloodGuard } from '../../src/gateway/flood-guard.js';
import { AppProcess } from '../support/app-process.js';
import { healthTells, pluck, texts } from '../support/chat.js';
import { eventually, within } from '../support/deadline.js';
import { frameOf, Opcode } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import { Chatters, quantile } from './chatters.js';
import { type FloodReport, Flooder, type Manners } from './flooder.js';

const TIMEOUT_MS = 20_000;
const MIB = 1024 * 1024;
/** What the server may grow by, a garbage collector's leisure included. */
const MAX_GROWTH = 150 * MIB;
/** So many messages while nobody floods, and as many while somebody does. */
const TALK = 300;
/** What two kernels hold of small frames, which nobody reads, until the close timeout. */
const MAX_UNREAD_FRAMES = 400_000;

const shared = new Stage();
const stage = new Stage();
afterEach(() => stage.clear());
afterAll(() => shared.clear());

/** With the limits as they are shipped, where `env` does not say otherwise: Stage has them out of the way. */
async function shipped(env: Record<string, string> = {}, owner = stage): Promise<AppProcess> {
  const app = await AppProcess.start(env);
  owner.onClear(() => app.stop());
  return app;
}

describe('while somebody floods', () => {
  let app: AppProcess;
  beforeAll(async () => {
    // Else an address that floods on would soon be refused: see connection-limits.spec.ts.
    app = await shipped({ MAX_HANDSHAKES_PER_MINUTE: '1000000' }, shared);
  });

  /** Talks while nobody floods and while somebody does, and prints what came of it. */
  async function talkThrough(manners: Manners): Promise<FloodReport> {
    const chatters = await Chatters.join(stage, app);
    const flooder = await Flooder.start(app, manners);
    stage.onClear(() => flooder.kill());
    const calm = await chatters.talk(TALK, TIMEOUT_MS);
    const before = await app.residentBytes();
    flooder.begin();
    const troubled = await chatters.talk(TALK, TIMEOUT_MS);
    const grown = (await app.residentBytes()) - before;
    const report = await flooder.end();

    const [p99, p99Flooded] = [quantile(calm, 0.99), quantile(troubled, 0.99)];
    const figures = { ...manners, p99, p99Flooded, ratio: Number((p99Flooded / p99).toFixed(1)) };
    const line = JSON.stringify({ ...figures, grownMiB: Math.round(grown / MIB), ...report });
    process.stdout.write(`  flood: ${line}\n`);
    expect(grown).toBeLessThan(MAX_GROWTH);
    await healthTells(app, { connections: 8, rooms: 1 });
    return report;
  }

  it.each([
    ['commands', { code: 'RATE_LIMITED', close: 4029 }],
    ['messages', { code: 'RATE_LIMITED', close: 4029 }],
    ['joins', { code: 'RATE_LIMITED', close: 4029 }],
    ['typing', { code: 'RATE_LIMITED', close: 4029 }],
    ['malformed', { code: 'BAD_REQUEST', close: 4501 }],
    ['pings', { code: undefined, close: 4029 }],
    ['pongs', { code: undefined, close: 4029 }],
  ])('%s, it is cut as often as it comes, and the others get everything', async (kind, { code, close }) => {
    const { closed, errors, connections } = await talkThrough({ kind, returns: true });
    // Who was cut isn't read on, so that it does not come back before the close timeout.
    expect(connections).toBeLessThan(10);
    // Each time for this reason alone; the last time it was we who ended it.
    expect(closed[close]).toBeGreaterThan(0);
    expect(Object.keys(closed).filter((each) => !['1006', String(close)].includes(each))).toEqual([]);
    expect(Object.keys(errors)).toEqual(code === undefined ? [] : [code]);
  });

  it.each([true, false])(
    'without reading or minding what it is told, returning: %p, it is cut',
    async (returns) => {
      const { closed, connections, frames } = await talkThrough({ kind: 'stubborn', returns });
      expect(closed['cut']).toBeGreaterThan(0);
      // So that it does not come back often either.
      expect(frames / connections).toBeLessThan(MAX_UNREAD_FRAMES);
      expect(connections).toBeLessThan(10);
    },
  );

  it('once, at full speed, it is cut', async () => {
    const { frames, closed, errors } = await talkThrough({ kind: 'commands', returns: false });
    expect(closed).toEqual({ 4029: 1 });
    expect(frames).toBeLessThan(MAX_UNREAD_FRAMES);
    // It is borne for as many refusals as its burst, and what is refilled meanwhile: most of its flood is never read.
    expect(errors['RATE_LIMITED']).toBeGreaterThanOrEqual(1_000);
    expect(errors['RATE_LIMITED']).toBeLessThan(10_000);
  });

  it('pings without reading the pongs, it is cut, and nothing piles up', async () => {
    const chatters = await Chatters.join(stage, app);
    const before = await app.residentBytes();
    const raws = await Promise.all(
      Array.from({ length: 10 }, () => stage.raw(app.port, { answersClose: false })),
    );
    const pings = Buffer.concat(
      Array.from({ length: 40_000 }, () => frameOf('x'.repeat(125), { opcode: Opcode.PING })),
    );
    for (const raw of raws) {
      raw.pause();
      raw.write(pings);
    }
    await chatters.talk(TALK, TIMEOUT_MS);
    await healthTells(app, { connections: 8 });
    expect((await app.residentBytes()) - before).toBeLessThan(MAX_GROWTH);
  });
});

describe('one connection', () => {
  it('which overshoots is told when to come again, and is not cut', async () => {
    const app = await shipped({ COMMANDS_PER_SECOND: '20', COMMANDS_BURST: '40' });
    const client = await stage.client(app);
    const commands = texts(60).map((text) => client.request({ type: 'PING', text }));
    const refusals = (await Promise.all(commands)).filter(({ type }) => type === 'ERROR');
    expect(refusals.length).toBeGreaterThan(5);
    expect(refusals.length).toBeLessThanOrEqual(20);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
      expect(refusal['retryAfterMs']).toBeGreaterThan(0);
      expect(refusal['retryAfterMs']).toBeLessThanOrEqual(50);
    }
    const accepted = async (): Promise<void> =>
      expect(await client.request({ type: 'PING' })).toMatchObject({ type: 'PONG' });
    await eventually(accepted, TIMEOUT_MS, 'the server takes commands again');
  });

  it('is answered in the order of its commands also where some are refused', async () => {
    const app = await shipped({ COMMANDS_PER_SECOND: '1', COMMANDS_BURST: '10' });
    const client = await stage.client(app);
    for (let id = 1; id <= 15; id++)
      client.send({ type: id % 2 ? 'PING' : 'SUBSCRIBE', id, room: 'general' });
    await client.next(({ id }) => id === 15);
    const replies = [...client.queued].filter(({ id }) => id !== undefined);
    expect(pluck(replies, 'id')).toEqual(Array.from({ length: 14 }, (_, index) => index + 1));
    expect(pluck(replies, 'code').filter((code) => code === 'RATE_LIMITED')).toHaveLength(4);
  });

  it('which keeps on is cut with 4029 as its last word', async () => {
    const app = await shipped({ COMMANDS_PER_SECOND: '1', COMMANDS_BURST: '10' });
    const client = await stage.client(app);
    for (let id = 1; id <= 100; id++) client.send({ type: 'PING', id });
    expect((await within(client.closed, TIMEOUT_MS, 'The close')).code).toBe(4029);
    const types = pluck([...client.queued], 'type');
    expect(types.filter((type) => type === 'PONG').length).toBeLessThan(15);
    expect(types.filter((type) => type === 'ERROR').length).toBeLessThan(20);
    expect(types.at(-1)).toBe('ERROR');
    await healthTells(app, { connections: 0 });
  });

  it('joins no faster than it may', async () => {
    const app = await shipped({ JOINS_PER_SECOND: '1', JOINS_BURST: '5' });
    const client = await stage.client(app);
    for (let id = 1; id <= 8; id++) client.send({ type: 'SUBSCRIBE', id, room: `room-${id}` });
    client.send({ type: 'PING', id: 9 });
    await client.next(({ id }) => id === 9);
    const replies = client.queued.filter(({ id }) => id !== undefined);
    expect(replies.map(({ type, code }) => code ?? type)).toEqual([
      ...Array.from({ length: 5 }, () => 'SUBSCRIBED'),
      ...Array.from({ length: 3 }, () => 'RATE_LIMITED'),
    ]);
    expect(replies.at(-1)!['retryAfterMs']).toBeGreaterThan(500);
  });

  it('is in no more rooms than it may', async () => {
    const app = await shipped({ MAX_ROOMS: '3' });
    const client = await stage.client(app);
    const replies = [];
    for (let nth = 1; nth <= 5; nth++)
      replies.push(await client.request({ type: 'SUBSCRIBE', room: `room-${nth}` }));
    const joined = ['SUBSCRIBED', 'SUBSCRIBED', 'SUBSCRIBED'];
    expect(replies.map(({ type, code }) => code ?? type)).toEqual([
      ...joined,
      'LIMIT_EXCEEDED',
      'LIMIT_EXCEEDED',
    ]);
    expect(await client.request({ type: 'SUBSCRIBE', room: 'room-1' })).toMatchObject({ type: 'SUBSCRIBED' });
    await client.request({ type: 'UNSUBSCRIBE', room: 'room-1' });
    expect(await client.request({ type: 'SUBSCRIBE', room: 'room-4' })).toMatchObject({ type: 'SUBSCRIBED' });
  });
});

describe('the guard of a connection', () => {
  const rate = { perSecond: 10, burst: 20 };
  /** Frames at so many a second, for so long; how many went through, and when patience was lost. */
  function run(perSecond: number, seconds: number): { passed: number; cutAfter: number | undefined } {
    const guard = new FloodGuard(rate, rate);
    let passed = 0;
    for (let nth = 0; nth < perSecond * seconds; nth++) {
      if (!guard.frame((nth * 1_000) / perSecond)) passed++;
      if (guard.exhausted) return { passed, cutAfter: nth / perSecond };
    }
    return { passed, cutAfter: undefined };
  }

  it('lets through what is within the rate, for ever', () => {
    expect(run(10, 600)).toEqual({ passed: 6_000, cutAfter: undefined });
  });

  it('tells whether a twentieth of the burst is gone', () => {
    const guard = new FloodGuard({ perSecond: 10, burst: 100 }, rate);
    const hasty = Array.from({ length: 7 }, () => {
      guard.frame(1_000);
      return guard.hasty(1_000);
    });
    expect(hasty).toEqual([false, false, false, false, false, true, true]);
    expect(guard.hasty(1_200)).toBe(false);
  });

  it('tells whether a twentieth of the joins is gone, which cost more', () => {
    const guard = new FloodGuard({ perSecond: 10, burst: 1_000 }, { perSecond: 10, burst: 60 });
    const hasty = Array.from({ length: 5 }, () => {
      guard.join(1_000);
      return guard.hasty(1_000);
    });
    expect(hasty).toEqual([false, false, false, true, true]);
    expect(guard.hasty(1_200)).toBe(false);
  });

  it('bears up to twice the rate, and lets half of it through', () => {
    const { passed, cutAfter } = run(19, 600);
    expect(cutAfter).toBeUndefined();
    expect(passed).toBeGreaterThan(5_900);
    expect(passed).toBeLessThan(6_100);
  });

  it('cuts what goes on beyond that, the sooner the faster it is', () => {
    expect(run(40, 600).cutAfter).toBeLessThan(3);
    expect(run(1_000, 600).cutAfter).toBeLessThan(0.1);
    expect(run(1_000, 600).passed).toBeLessThan(25);
  });
});
