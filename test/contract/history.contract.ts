// Broker contract: reading a room's past, and where logs end.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Broker, HistoryPage, HistoryRange } from '../../src/core/broker.js';
import type { Publication } from '../../src/protocol/position.js';
import { type BrokerPair, type OpenBrokers, openPair } from '../support/broker-pair.js';
import { brokenLinks, draftsOf, idsOf, newRoom } from '../support/drafts.js';

const HISTORY_SIZE = 50;
/** No room of these tests has as many pages. */
const MAX_PAGES = 100;

export function describeHistory(open: OpenBrokers): void {
  describe('history and heads', () => {
    let pair: BrokerPair;

    beforeAll(async () => {
      pair = await openPair(open, { historySize: HISTORY_SIZE });
    });

    afterAll(async () => {
      await pair.close();
    });

    async function roomWith(count: number): Promise<{ room: string; ids: string[] }> {
      const room = newRoom();
      const drafts = draftsOf(count);
      await Promise.all(drafts.map((draft) => pair.first.broker.publish(room, draft)));
      return { room, ids: idsOf(drafts) };
    }

    const read = (room: string, range: HistoryRange): Promise<HistoryPage> =>
      pair.second.broker.history(room, range);

    it('gives an empty room an epoch of its own, and keeps it', async () => {
      const rooms = [newRoom(), newRoom()];
      const [one, two] = await pair.first.broker.heads(rooms);
      expect(one).toEqual({ epoch: expect.stringMatching(/./), offset: 0, messageId: '' });
      expect(two).toMatchObject({ offset: 0, messageId: '' });
      expect(one!.epoch).not.toBe(two!.epoch);

      for (const from of ['newest', 'after', 'before'] as const) {
        const page = await read(rooms[0]!, { from, offset: 1, limit: 10 });
        expect(page).toEqual({ head: one, publications: [], more: 0 });
      }
      expect(await pair.second.broker.heads(rooms)).toEqual([one, two]);
      const [draft] = draftsOf(1);
      expect(await pair.second.broker.publish(rooms[0]!, draft!)).toMatchObject({
        epoch: one!.epoch,
        offset: 1,
      });
    });

    it('agrees on the epoch of a room whose first uses coincide', async () => {
      const room = newRoom();
      const [draft] = draftsOf(1);
      const [heads, page, receipt] = await Promise.all([
        pair.first.broker.heads([room]),
        pair.second.broker.history(room, { from: 'newest', limit: 1 }),
        pair.first.broker.publish(room, draft!),
      ]);
      expect([heads[0]!.epoch, page.head.epoch]).toEqual([receipt.epoch, receipt.epoch]);
    });

    it.each<[string, HistoryRange, { offsets: number[]; more: number }]>([
      ['the newest', { from: 'newest', limit: 3 }, { offsets: [8, 9, 10], more: 7 }],
      ['all as the newest', { from: 'newest', limit: 10 }, { offsets: to(10), more: 0 }],
      ['more than there are', { from: 'newest', limit: 300 }, { offsets: to(10), more: 0 }],
      ['none of the newest', { from: 'newest', limit: 0 }, { offsets: [], more: 10 }],
      ['all after the start', { from: 'after', offset: 0, limit: 300 }, { offsets: to(10), more: 0 }],
      ['some after an offset', { from: 'after', offset: 4, limit: 2 }, { offsets: [5, 6], more: 4 }],
      ['the last one', { from: 'after', offset: 9, limit: 5 }, { offsets: [10], more: 0 }],
      ['nothing after the head', { from: 'after', offset: 10, limit: 5 }, { offsets: [], more: 0 }],
      ['nothing beyond the head', { from: 'after', offset: 25, limit: 5 }, { offsets: [], more: 0 }],
      ['none after an offset', { from: 'after', offset: 4, limit: 0 }, { offsets: [], more: 6 }],
      ['nothing before the first', { from: 'before', offset: 1, limit: 5 }, { offsets: [], more: 0 }],
      ['the first before the second', { from: 'before', offset: 2, limit: 5 }, { offsets: [1], more: 0 }],
      ['some before an offset', { from: 'before', offset: 8, limit: 3 }, { offsets: [5, 6, 7], more: 4 }],
      ['none before an offset', { from: 'before', offset: 8, limit: 0 }, { offsets: [], more: 7 }],
      ['the newest before the next', { from: 'before', offset: 11, limit: 2 }, { offsets: [9, 10], more: 8 }],
      [
        'the newest before what will be',
        { from: 'before', offset: 99, limit: 2 },
        { offsets: [9, 10], more: 8 },
      ],
    ])('reads %s, and counts what is beyond', async (_name, range, { offsets, more }) => {
      const { room, ids } = await roomWith(10);
      const page = await read(room, range);
      expect(page.publications.map(({ offset }) => offset)).toEqual(offsets);
      expect(idsOf(page.publications)).toEqual(offsets.map((offset) => ids[offset - 1]));
      expect(page.more).toBe(more);
      expect(page.head).toMatchObject({ offset: 10, messageId: ids[9] });
      expect(brokenLinks(page.publications)).toEqual([]);
    });

    it('keeps the newest, and never hides the trimmed ones', async () => {
      const { room, ids } = await roomWith(HISTORY_SIZE + 20);
      const all = await read(room, { from: 'newest', limit: 300 });
      expect(idsOf(all.publications)).toEqual(ids.slice(20));
      expect(all).toMatchObject({ more: 0 });
      expect(all.publications[0]).toMatchObject({ offset: 21, previousOffset: 20, previousId: ids[19] });

      const after = await read(room, { from: 'after', offset: 5, limit: 10 });
      expect(after.publications[0]).toMatchObject({ offset: 21, previousOffset: 20, previousId: ids[19] });
      expect(after.more).toBe(HISTORY_SIZE - 10);
      expect(await read(room, { from: 'before', offset: 15, limit: 10 })).toMatchObject({
        publications: [],
        more: 0,
      });
      expect((await read(room, { from: 'before', offset: 24, limit: 10 })).publications).toHaveLength(3);
    });

    it('is read in pages of any size, forward and backward, without a hole or a repeat', async () => {
      const { room, ids } = await roomWith(HISTORY_SIZE);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), async (limits) => {
          const forward = await pageForward(pair.first.broker, room, limits);
          const backward = await pageBackward(pair.second.broker, room, limits);
          expect(idsOf(forward)).toEqual(ids);
          expect(brokenLinks(forward)).toEqual([]);
          expect(backward).toEqual(forward);
        }),
        { numRuns: 30 },
      );
    });

    it('pages forward over what is published meanwhile', async () => {
      const { room, ids } = await roomWith(20);
      const more = draftsOf(20);
      const seen: Publication[] = [];
      for (const draft of more) {
        const offset = seen.at(-1)?.offset ?? 0;
        const published = pair.first.broker.publish(room, draft);
        seen.push(...(await read(room, { from: 'after', offset, limit: 3 })).publications);
        await published;
      }
      const { publications } = await read(room, { from: 'after', offset: seen.at(-1)!.offset, limit: 300 });
      expect(idsOf([...seen, ...publications])).toEqual([...ids, ...idsOf(more)]);
    });

    it('tells the heads of many rooms in their order', async () => {
      const rooms = Array.from({ length: 300 }, newRoom);
      const used = await Promise.all(Array.from({ length: 5 }, (_, index) => roomWith(index + 1)));
      for (const [index, { room }] of used.entries()) rooms.splice(index * 60, 0, room);
      const heads = await pair.second.broker.heads(rooms);

      expect(heads).toHaveLength(rooms.length);
      for (const [index, { ids }] of used.entries()) {
        expect(heads[index * 60]).toMatchObject({ offset: index + 1, messageId: ids.at(-1) });
      }
      expect(heads.filter(({ offset }) => offset === 0)).toHaveLength(300);
      expect(await pair.first.broker.heads(rooms)).toEqual(heads);
      expect(await pair.first.broker.heads([])).toEqual([]);
      const { head } = await read(rooms[0]!, { from: 'newest', limit: 0 });
      expect(head).toEqual(heads[0]);
    });
  });
}

function to(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function pageForward(broker: Broker, room: string, limits: readonly number[]): Promise<Publication[]> {
  const seen: Publication[] = [];
  for (let more = 1, turn = 0; more > 0 && turn < MAX_PAGES; turn++) {
    const limit = limits[turn % limits.length]!;
    const page = await broker.history(room, { from: 'after', offset: seen.at(-1)?.offset ?? 0, limit });
    seen.push(...page.publications);
    more = page.more;
  }
  return seen;
}

async function pageBackward(broker: Broker, room: string, limits: readonly number[]): Promise<Publication[]> {
  const { publications, more: beyond } = await broker.history(room, { from: 'newest', limit: limits[0]! });
  const seen = [...publications];
  for (let more = beyond, turn = 1; more > 0 && turn < MAX_PAGES; turn++) {
    const limit = limits[turn % limits.length]!;
    const page = await broker.history(room, { from: 'before', offset: seen[0]!.offset, limit });
    seen.unshift(...page.publications);
    more = page.more;
  }
  return seen;
}
