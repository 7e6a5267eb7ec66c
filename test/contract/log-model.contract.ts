// Broker contract: any series of calls answers what a simple model of the log answers.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Broker, HistoryRange } from '../../src/core/broker.js';
import { type BrokerPair, type OpenBrokers, openPair, subscribeAll } from '../support/broker-pair.js';
import { brokenLinks, draftOf, linesOf, newRoom } from '../support/drafts.js';
import { RoomLogModel } from '../support/room-log-model.js';

const HISTORY_SIZE = 12;
const MAX_OFFSET = 40;

interface Real {
  readonly room: string;
  readonly pair: BrokerPair;
}

type Step = fc.AsyncCommand<RoomLogModel, Real>;

function brokerOf(pair: BrokerPair, onSecond: boolean): Broker {
  return (onSecond ? pair.second : pair.first).broker;
}

/** Hundreds of series of calls; a busy machine may take its time. */
const TIMEOUT_MS = 120_000;

class Publish implements Step {
  constructor(
    private readonly text: string,
    private readonly count: number,
    private readonly onSecond: boolean,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: RoomLogModel, { room, pair }: Real): Promise<void> {
    const drafts = Array.from({ length: this.count }, () => draftOf(this.text));
    const receipts = drafts.map((draft) => brokerOf(pair, this.onSecond).publish(room, draft));
    assert.deepEqual(
      await Promise.all(receipts),
      drafts.map((draft) => model.publish(draft)),
    );
  }

  toString(): string {
    return `publish ${this.count} × ${JSON.stringify(this.text)}`;
  }
}

/** What was published before, with the same content or with another. */
class PublishAgain implements Step {
  constructor(
    private readonly which: number,
    private readonly changed: boolean,
    private readonly onSecond: boolean,
  ) {}

  check(model: Readonly<RoomLogModel>): boolean {
    return model.published.length > 0;
  }

  async run(model: RoomLogModel, { room, pair }: Real): Promise<void> {
    const { messageId, body } = model.published[this.which % model.published.length]!;
    const { message } = JSON.parse(body.toString()) as { message: string };
    const draft = draftOf(this.changed ? `${message}!` : message, { messageId });
    const receipt = brokerOf(pair, this.onSecond).publish(room, draft);
    if (this.changed) await assert.rejects(receipt, { code: 'CONFLICT' });
    else assert.deepEqual(await receipt, model.publish(draft));
  }

  toString(): string {
    return `publish #${this.which} again${this.changed ? ', changed' : ''}`;
  }
}

class Read implements Step {
  constructor(
    private readonly range: HistoryRange,
    private readonly onSecond: boolean,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: RoomLogModel, { room, pair }: Real): Promise<void> {
    const page = await brokerOf(pair, this.onSecond).history(room, this.range);
    assert.deepEqual(page, model.history(this.range));
    assert.deepEqual(await brokerOf(pair, !this.onSecond).heads([room]), [model.head]);
  }

  toString(): string {
    return `history ${JSON.stringify(this.range)}`;
  }
}

const limit = fc.oneof(fc.integer({ min: 1, max: HISTORY_SIZE + 3 }), fc.constantFrom(0, 1, 300));
const ranges: fc.Arbitrary<HistoryRange> = fc.oneof(
  fc.record({ from: fc.constant('newest' as const), limit }),
  fc.record({ from: fc.constant('after' as const), offset: fc.nat({ max: MAX_OFFSET }), limit }),
  fc.record({ from: fc.constant('before' as const), offset: fc.integer({ min: 1, max: MAX_OFFSET }), limit }),
);
const texts = fc.string({ unit: 'grapheme', maxLength: 20 });
const steps = [
  fc
    .tuple(texts, fc.integer({ min: 1, max: 6 }), fc.boolean())
    .map(([text, count, onSecond]) => new Publish(text, count, onSecond)),
  fc
    .tuple(fc.nat({ max: 100 }), fc.boolean(), fc.boolean())
    .map(([which, changed, onSecond]) => new PublishAgain(which, changed, onSecond)),
  fc.tuple(ranges, fc.boolean()).map(([range, onSecond]) => new Read(range, onSecond)),
];

export function describeLogModel(open: OpenBrokers): void {
  describe('the log, compared with a model of it', () => {
    let pair: BrokerPair;

    beforeAll(async () => {
      pair = await openPair(open, { historySize: HISTORY_SIZE });
    });

    afterAll(async () => {
      await pair.close();
    });

    it(
      'answers what the model answers, and has delivered all that the model published',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.commands(steps, { maxCommands: 30 }), async (commands) => {
            const real: Real = { room: newRoom(), pair };
            await subscribeAll(pair, real.room);
            const [start] = await pair.first.broker.heads([real.room]);
            const model = new RoomLogModel(start!.epoch, HISTORY_SIZE);
            await fc.asyncModelRun(() => ({ model, real }), commands);
            for (const { sink } of pair.instances) {
              const arrived = () => sink.publications(real.room).length >= model.published.length;
              await sink.until(arrived, 'all publications are delivered');
              expect(linesOf(sink.publications(real.room))).toEqual(linesOf(model.published));
            }
          }),
          { numRuns: 200 },
        );
      },
      TIMEOUT_MS,
    );

    it('shows what was trimmed in the first predecessor of whatever is read', async () => {
      const [offsets, counts] = [fc.nat({ max: MAX_OFFSET }), fc.nat({ max: 30 })];
      await fc.assert(
        fc.asyncProperty(offsets, counts, fc.integer({ min: 1, max: 20 }), async (offset, count, atMost) => {
          const room = newRoom();
          const sent = Array.from({ length: count }, () => pair.first.broker.publish(room, draftOf('text')));
          await Promise.all(sent);
          const page = await pair.second.broker.history(room, { from: 'after', offset, limit: atMost });
          const [first] = page.publications;
          const lastTrimmed = Math.max(0, count - HISTORY_SIZE);
          expect(brokenLinks(page.publications)).toEqual([]);
          expect(page.head.offset).toBe(count);
          expect(first?.previousOffset).toBe(offset < count ? Math.max(offset, lastTrimmed) : undefined);
        }),
        { numRuns: 60 },
      );
    });
  });
}
