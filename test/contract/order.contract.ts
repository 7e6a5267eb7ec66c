// Broker contract: one order for all, in which each publication names the one before it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Receipt } from '../../src/core/broker.js';
import { positionOf, type Publication } from '../../src/protocol/position.js';
import { type BrokerPair, type OpenBrokers, openPair, subscribeAll } from '../support/broker-pair.js';
import { brokenLinks, draftOf, draftsOf, idsOf, linesOf, newRoom } from '../support/drafts.js';

const CALLERS = 4;

/** One caller publishes a few messages at once; then it may wait until they are stored. */
interface Burst {
  readonly caller: number;
  readonly count: number;
  readonly waits: boolean;
}

const bursts: fc.Arbitrary<Burst[]> = fc.array(
  fc.record({
    caller: fc.nat({ max: CALLERS - 1 }),
    count: fc.integer({ min: 1, max: 8 }),
    waits: fc.boolean(),
  }),
  { minLength: 1, maxLength: 15 },
);

export function describeOrder(open: OpenBrokers): void {
  describe('the order of publications', () => {
    let pair: BrokerPair;

    beforeAll(async () => {
      pair = await openPair(open);
    });

    afterAll(async () => {
      await pair.close();
    });

    it('numbers a room from 1 on, each publication naming the one before it', async () => {
      const room = newRoom();
      await pair.second.broker.subscribe(room);
      const [start] = await pair.first.broker.heads([room]);
      const drafts = draftsOf(5);
      const receipts: Receipt[] = [];
      for (const draft of drafts) receipts.push(await pair.first.broker.publish(room, draft));
      await pair.second.sink.delivered(room, drafts[4]!.messageId);

      const publications = pair.second.sink.publications(room);
      expect(publications).toEqual(
        drafts.map((draft, index) => expected(draft, index, start!.epoch, drafts)),
      );
      expect(receipts).toEqual(publications.map((each) => ({ ...positionOf(each), duplicate: false })));
    });

    it('is the same for all instances, and that of each caller, however publishes interleave', async () => {
      await fc.assert(
        fc.asyncProperty(bursts, async (plan) => {
          const room = newRoom();
          await subscribeAll(pair, room);
          const receipts = await publishAll(pair, room, plan);
          const ids = idsOf(receipts);
          const log = receipts.toSorted((a, b) => a.offset - b.offset);
          for (const { sink } of pair.instances) {
            await Promise.all(ids.map((id) => sink.delivered(room, id)));
            expect(sink.publications(room).map(positionOf)).toEqual(log.map(positionOfReceipt));
            expect(brokenLinks(sink.publications(room))).toEqual([]);
            expect(sink.publications(room)[0]).toMatchObject({
              offset: 1,
              previousOffset: 0,
              previousId: '',
            });
            for (let caller = 0; caller < CALLERS; caller++) {
              expect(ofCaller(idsOf(sink.publications(room)), caller)).toEqual(ofCaller(ids, caller));
            }
          }
        }),
        { numRuns: 40 },
      );
    });

    it('keeps the order of hundreds which one caller publishes without waiting, in many rooms', async () => {
      const rooms = Array.from({ length: 5 }, newRoom);
      await Promise.all(rooms.map((room) => subscribeAll(pair, room)));
      const drafts = draftsOf(1_000);
      await Promise.all(
        drafts.map((draft, index) => pair.first.broker.publish(rooms[index % rooms.length]!, draft)),
      );
      for (const { sink } of pair.instances) {
        for (const [index, room] of rooms.entries()) {
          const own = drafts.filter((_, at) => at % rooms.length === index);
          await sink.delivered(room, own.at(-1)!.messageId);
          expect(sink.messageIds(room)).toEqual(idsOf(own));
          expect(brokenLinks(sink.publications(room))).toEqual([]);
        }
      }
    });

    it('has the same publications live as in history', async () => {
      const room = newRoom();
      await subscribeAll(pair, room);
      const drafts = draftsOf(60);
      await Promise.all(
        drafts.map((draft, index) =>
          pair.instances[index % pair.instances.length]!.broker.publish(room, draft),
        ),
      );
      const { head, publications } = await pair.first.broker.history(room, { from: 'newest', limit: 100 });
      expect(publications).toHaveLength(60);
      expect(positionOf(publications[59]!)).toEqual(head);
      for (const { sink } of pair.instances) {
        await sink.delivered(room, head.messageId);
        expect(linesOf(sink.publications(room))).toEqual(linesOf(publications));
      }
    });
  });
}

function expected(
  draft: { messageId: string; body: Buffer },
  index: number,
  epoch: string,
  drafts: readonly { messageId: string }[],
): Publication {
  return {
    epoch,
    offset: index + 1,
    messageId: draft.messageId,
    previousOffset: index,
    previousId: drafts[index - 1]?.messageId ?? '',
    body: draft.body,
  };
}

/** Even callers use the first instance, odd ones the second. Resolves with the receipts in the order of the calls. */
async function publishAll(pair: BrokerPair, room: string, plan: readonly Burst[]): Promise<Receipt[]> {
  const calls: Promise<Receipt>[] = [];
  for (const { caller, count, waits } of plan) {
    const { broker } = caller % 2 === 0 ? pair.first : pair.second;
    for (let nth = 0; nth < count; nth++) {
      calls.push(broker.publish(room, draftOf('text', { messageId: `${caller}: ${calls.length}` })));
    }
    if (waits) await calls.at(-1);
  }
  return Promise.all(calls);
}

function positionOfReceipt({ epoch, offset, messageId }: Receipt): object {
  return { epoch, offset, messageId };
}

function ofCaller(ids: readonly string[], caller: number): string[] {
  return ids.filter((id) => id.startsWith(`${caller}: `));
}
