// Contract of brokers on a network: a link cut with publishes under way stores each once, in order.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import type { Broker } from '../../src/core/broker.js';
import type { Publication } from '../../src/protocol/position.js';
import { untilServing } from '../support/broker-pair.js';
import { draftsOf, idsOf, linesOf, newRoom } from '../support/drafts.js';
import { expectLog, type Outcome, publishAll } from '../support/outcomes.js';
import { holdUp } from '../support/hold-up.js';
import { RecordingSink } from '../support/recording-sink.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const HISTORY_SIZE = 10_000;
/** Longer than a link may be silent. */
const HELD_UP_MS = 6_000;

jest.setTimeout(120_000);

export interface Networked {
  /** What a broker says to its server when it publishes, and only then. */
  readonly publishing: string;
  readonly start: () => Promise<{ readonly port: number; stop(): Promise<void> }>;
  /** A broker that reaches the server on a port, not started. */
  readonly open: (port: number, historySize: number) => Broker;
}

export function describeCuts(name: string, { start, open, publishing }: Networked): void {
  let server: Awaited<ReturnType<typeof start>>;
  let proxy: TcpProxy;
  /** Reaches the server through the proxy. */
  let broker: Broker;
  /** Reaches it directly, and sees what the other one has stored. */
  let observer: Broker;
  let sink: RecordingSink;
  let seen: RecordingSink;

  beforeAll(async () => {
    server = await start();
  });

  afterAll(async () => {
    await server.stop();
  });

  beforeEach(async () => {
    proxy = await TcpProxy.start(server.port);
    [sink, seen] = [new RecordingSink(), new RecordingSink()];
    broker = open(proxy.port, HISTORY_SIZE);
    observer = open(server.port, HISTORY_SIZE);
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

  describe(`a process that was held up: ${name}`, () => {
    it('keeps its links', async () => {
      const room = newRoom();
      await broker.subscribe(room);
      const told = sink.interruptions;
      holdUp(HELD_UP_MS);
      // The clock that looks for silent links goes first.
      await new Promise((resolve) => setTimeout(resolve));
      const [draft] = draftsOf(1);
      await broker.publish(room, draft!);
      await sink.delivered(room, draft!.messageId);
      expect(sink.interruptions).toBe(told);
    });
  });

  describe(`a link cut with publishes under way: ${name}`, () => {
    it('stores each once when they were executed and their replies lost, hundreds of times', async () => {
      const room = newRoom();
      await Promise.all([broker.subscribe(room), observer.subscribe(room)]);
      const outcomes: Outcome[] = [];
      for (let round = 0; round < 60; round++) {
        const drafts = draftsOf(8);
        proxy.dropRepliesAfter(publishing);
        const outcome = publishAll(broker, room, drafts);
        await seen.delivered(room, drafts.at(-1)!.messageId);
        proxy.cut();
        proxy.dropRepliesAfter(undefined);
        outcomes.push(...(await outcome));
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
        fc.asyncProperty(
          moments,
          fc.nat({ max: 29 }),
          fc.nat({ max: 20 }),
          async (moment, seenUntil, then) => {
            const drafts = draftsOf(60);
            const told = sink.interruptions;
            proxy.blackhole(moment === 'before');
            proxy.dropRepliesAfter(moment === 'after' ? publishing : undefined);
            // In two batches: one is sent, the other waits or is under way, too.
            const first = publishAll(broker, room, drafts.slice(0, 30));
            await new Promise((resolve) => setImmediate(resolve));
            const second = publishAll(broker, room, drafts.slice(30));
            await new Promise((resolve) => setImmediate(resolve));
            if (moment !== 'before') await seen.delivered(room, drafts[seenUntil]!.messageId);
            proxy.cut();
            proxy.blackhole(false);
            proxy.dropRepliesAfter(undefined);
            all.push(
              ...(await first),
              ...(await second),
              ...(await publishAll(broker, room, draftsOf(then))),
            );
            await sink.until(() => sink.interruptions > told, 'the subscriptions are renewed');
          },
        ),
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
}
