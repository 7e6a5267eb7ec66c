// The Redis broker when links are cut, or scripts forgotten, with publishes under way: stored once, in order.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import * as fc from 'fast-check';
import type { Broker, Draft, Receipt } from '../../src/core/broker.js';
import type { Publication } from '../../src/protocol/position.js';
import { untilServing } from '../support/broker-pair.js';
import { brokenLinks, draftsOf, idsOf, linesOf, newRoom } from '../support/drafts.js';
import { RecordingSink } from '../support/recording-sink.js';
import { newRedisBroker } from '../support/redis-brokers.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const HISTORY_SIZE = 10_000;

jest.setTimeout(60_000);

let server: RedisServer;
let proxy: TcpProxy;
/** Reaches Redis through the proxy. */
let broker: Broker;
/** Reaches it directly, and sees what the other one has stored. */
let observer: Broker;
let sink: RecordingSink;
let seen: RecordingSink;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  proxy = await TcpProxy.start(server.port);
  [sink, seen] = [new RecordingSink(), new RecordingSink()];
  broker = newRedisBroker(`redis://127.0.0.1:${proxy.port}`, { size: HISTORY_SIZE });
  observer = newRedisBroker(server.url, { size: HISTORY_SIZE });
  broker.start(sink);
  observer.start(seen);
  await Promise.all([untilServing(broker), untilServing(observer)]);
});

afterEach(async () => {
  await Promise.all([broker.close(), observer.close()]);
  await proxy.stop();
});

async function logOf(room: string): Promise<readonly Publication[]> {
  return (await observer.history(room, { from: 'newest', limit: HISTORY_SIZE })).publications;
}

interface Outcome {
  readonly draft: Draft;
  readonly receipt: Receipt | undefined;
}

/** Publishes at once; those rejected with UNAVAILABLE have no receipt. Anything else fails the test. */
function publishAll(through: Broker, room: string, drafts: readonly Draft[]): Promise<Outcome[]> {
  return Promise.all(
    drafts.map(async (draft) => {
      try {
        return { draft, receipt: await through.publish(room, draft) };
      } catch (error) {
        if ((error as { code?: string }).code !== 'UNAVAILABLE') throw error;
        return { draft, receipt: undefined };
      }
    }),
  );
}

/** What was acknowledged stands in the log once, where its receipt says, and in the order it was published. */
function expectLog(log: readonly Publication[], outcomes: readonly Outcome[]): void {
  const stored = outcomes.filter(({ receipt }) => receipt !== undefined);
  const acknowledged = new Set(stored.map(({ draft }) => draft.messageId));
  expect(new Set(idsOf(log)).size).toBe(log.length);
  expect(brokenLinks(log)).toEqual([]);
  const kept = log.filter(({ messageId }) => acknowledged.has(messageId));
  expect(idsOf(kept)).toEqual(stored.map(({ draft }) => draft.messageId));
  expect(kept.map(({ offset }) => offset)).toEqual(stored.map(({ receipt }) => receipt!.offset));
}

describe('a link cut with publishes under way', () => {
  it('stores each once when they were executed and their replies lost, hundreds of times', async () => {
    const room = newRoom();
    await Promise.all([broker.subscribe(room), observer.subscribe(room)]);
    const outcomes: Outcome[] = [];
    for (let round = 0; round < 60; round++) {
      const drafts = draftsOf(8);
      proxy.dropReplies(true);
      const publishing = publishAll(broker, room, drafts);
      await seen.delivered(room, drafts.at(-1)!.messageId);
      proxy.cut();
      proxy.dropReplies(false);
      outcomes.push(...(await publishing));
    }
    const log = await logOf(room);
    expectLog(log, outcomes);
    // Every one was executed before the cut, so what is acknowledged was tried again and found stored.
    expect(idsOf(log)).toEqual(outcomes.map(({ draft }) => draft.messageId));
    const acknowledged = outcomes.flatMap(({ receipt }) => receipt ?? []);
    expect(acknowledged.length).toBeGreaterThan(outcomes.length / 2);
    expect(acknowledged.filter(({ duplicate }) => !duplicate)).toEqual([]);
    expect(linesOf(seen.publications(room))).toEqual(linesOf(log));
  });

  it('keeps the order of one caller, whether it falls before, within or after their execution', async () => {
    const [room, all] = [newRoom(), [] as Outcome[]];
    await Promise.all([broker.subscribe(room), observer.subscribe(room)]);
    const moments = fc.constantFrom('before' as const, 'within' as const, 'after' as const);
    await fc.assert(
      fc.asyncProperty(moments, fc.nat({ max: 29 }), fc.nat({ max: 20 }), async (moment, seenUntil, then) => {
        const drafts = draftsOf(60);
        const told = sink.interruptions;
        proxy.blackhole(moment === 'before');
        proxy.dropReplies(moment === 'after');
        // In two batches: one is sent, the other waits or is under way, too.
        const first = publishAll(broker, room, drafts.slice(0, 30));
        await new Promise((resolve) => setImmediate(resolve));
        const second = publishAll(broker, room, drafts.slice(30));
        await new Promise((resolve) => setImmediate(resolve));
        if (moment !== 'before') await seen.delivered(room, drafts[seenUntil]!.messageId);
        proxy.cut();
        proxy.blackhole(false);
        proxy.dropReplies(false);
        all.push(...(await first), ...(await second), ...(await publishAll(broker, room, draftsOf(then))));
        await sink.until(() => sink.interruptions > told, 'the subscriptions are renewed');
      }),
      { numRuns: 50 },
    );
    const log = await logOf(room);
    expectLog(log, all);
    expect(all.filter(({ receipt }) => receipt !== undefined).length).toBeGreaterThan(all.length / 2);
    expect(linesOf(seen.publications(room))).toEqual(linesOf(log));
    // What the cut link swallowed is missing here; nothing else is, and nothing comes out of order.
    const positions = new Map(log.map((publication, index) => [publication.messageId, index]));
    const heard = sink.messageIds(room).map((id) => positions.get(id)!);
    expect(heard).toEqual([...new Set(heard)].toSorted((a, b) => a - b));
  });
});

describe('scripts which Redis has forgotten', () => {
  it('are loaded again under load: no error, each stored once, the order of each caller kept', async () => {
    const room = newRoom();
    await observer.subscribe(room);
    const direct = new Redis(server.url);
    try {
      const [mine, others]: [Promise<Outcome[]>[], Promise<Outcome[]>[]] = [[], []];
      for (let round = 0; round < 60; round++) {
        mine.push(publishAll(broker, room, draftsOf(30, 'mine')));
        others.push(publishAll(observer, room, draftsOf(30, 'other')));
        if (round % 2 === 0) await direct.script('FLUSH');
        else await new Promise((resolve) => setImmediate(resolve));
      }
      const [ours, theirs] = await Promise.all([Promise.all(mine), Promise.all(others)]);
      const outcomes = [ours.flat(), theirs.flat()] as const;
      const log = await logOf(room);
      for (const each of outcomes) {
        expect(
          each.filter(({ receipt }) => receipt === undefined).map(({ draft }) => draft.messageId),
        ).toEqual([]);
        expectLog(log, each);
      }
      expect(log).toHaveLength(3_600);
    } finally {
      direct.disconnect();
    }
  });
});
