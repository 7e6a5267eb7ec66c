// Broker contract: bodies, messageIds and room ids of every allowed kind come back as they were.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isRoomId } from '../../src/protocol/room.js';
import { type BrokerPair, type OpenBrokers, openPair, subscribeAll } from '../support/broker-pair.js';
import { draftOf, idsOf, linesOf, newRoom } from '../support/drafts.js';

const MESSAGE_IDS = [
  'with spaces  in it',
  ' at its ends ',
  'a:b:c:{d}',
  '*?[a-z]\\',
  '"quoted" \'too\'',
  '%s %d $1',
  'null',
  '__proto__',
  'constructor',
  '-1',
  '\u00e9', // é composed …
  'e\u0301', // … and decomposed: not the same id
  'İstanbul ß ﬁ',
  '漢字かな',
  '👩‍👩‍👧‍👦',
  '\u2028\u00a0\u200b\ufeff',
  'x'.repeat(64),
  '😀'.repeat(64),
];

export function describeBytes(open: OpenBrokers): void {
  describe('bodies and names', () => {
    let pair: BrokerPair;

    beforeAll(async () => {
      pair = await openPair(open);
    });

    afterAll(async () => {
      await pair.close();
    });

    it('come back byte by byte, live and from history', async () => {
      const bodies = fc.array(
        fc.oneof(
          fc.json({ stringUnit: 'binary' }),
          fc.string({ unit: 'binary' }),
          fc.constantFrom('{\n"message":\n"a\r\nb"}\n', '\u0000\n\n\n\n', '{"message":"😀 漢字 \u2028"}'),
        ),
        { minLength: 1, maxLength: 8 },
      );
      await fc.assert(
        fc.asyncProperty(bodies, async (texts) => {
          const room = newRoom();
          await subscribeAll(pair, room);
          const drafts = texts.map((text) => ({ ...draftOf(text), body: Buffer.from(text) }));
          await Promise.all(drafts.map((draft) => pair.first.broker.publish(room, draft)));
          const expected = drafts.map(({ body }) => body.toString('hex'));

          const { publications } = await pair.second.broker.history(room, { from: 'newest', limit: 10 });
          expect(publications.map(({ body }) => body.toString('hex'))).toEqual(expected);
          for (const { sink } of pair.instances) {
            await sink.delivered(room, drafts.at(-1)!.messageId);
            expect(sink.publications(room).map(({ body }) => body.toString('hex'))).toEqual(expected);
          }
        }),
        { numRuns: 50 },
      );
    });

    it('may be large', async () => {
      const room = newRoom();
      await subscribeAll(pair, room);
      const draft = draftOf('漢'.repeat(300_000));
      await pair.first.broker.publish(room, draft);
      await pair.second.sink.delivered(room, draft.messageId);
      expect(pair.second.sink.publications(room)[0]!.body.equals(draft.body)).toBe(true);
      const { publications } = await pair.second.broker.history(room, { from: 'after', offset: 0, limit: 1 });
      expect(publications[0]!.body.equals(draft.body)).toBe(true);
    });

    it('have messageIds of any characters, each of which is its own key', async () => {
      const room = newRoom();
      await subscribeAll(pair, room);
      for (const messageId of MESSAGE_IDS) {
        const receipt = await pair.first.broker.publish(room, draftOf('text', { messageId }));
        expect(receipt).toMatchObject({ messageId, duplicate: false });
      }
      for (const [index, messageId] of MESSAGE_IDS.entries()) {
        const receipt = await pair.second.broker.publish(room, draftOf('text', { messageId }));
        expect(receipt).toMatchObject({ messageId, offset: index + 1, duplicate: true });
      }
      const { head, publications } = await pair.second.broker.history(room, { from: 'newest', limit: 300 });
      expect(idsOf(publications)).toEqual(MESSAGE_IDS);
      expect(publications.map(({ previousId }) => previousId)).toEqual(['', ...MESSAGE_IDS.slice(0, -1)]);
      expect(head.messageId).toBe(MESSAGE_IDS.at(-1));
      expect(await pair.first.broker.heads([room])).toEqual([head]);
      for (const { sink } of pair.instances) {
        await sink.delivered(room, head.messageId);
        expect(linesOf(sink.publications(room))).toEqual(linesOf(publications));
      }
    });

    it('have room ids of all allowed characters, none of which touches another room', async () => {
      const base = newRoom();
      const suffixes = [
        '',
        ':',
        ':log',
        ':meta',
        ':id',
        ':id:x',
        '.',
        '..',
        '@',
        '-',
        '_',
        ':room:',
        'A',
        'a',
      ];
      const longest = base.padEnd(128, 'z');
      const rooms = [...suffixes.map((suffix) => base + suffix), longest, `0Az_.:@-${base}`];
      expect(rooms.filter((room) => !isRoomId(room))).toEqual([]);
      await Promise.all(rooms.map((room) => subscribeAll(pair, room)));
      await Promise.all(
        rooms.map((room) => pair.first.broker.publish(room, draftOf(room, { messageId: 'x' }))),
      );

      const heads = await pair.second.broker.heads(rooms);
      expect(new Set(heads.map(({ epoch }) => epoch)).size).toBe(rooms.length);
      for (const room of rooms) {
        const { publications } = await pair.second.broker.history(room, { from: 'newest', limit: 10 });
        expect(publications.map(({ body }) => body)).toEqual([draftOf(room, { messageId: 'x' }).body]);
        for (const { sink } of pair.instances) {
          await sink.delivered(room, 'x');
          expect(linesOf(sink.publications(room))).toEqual(linesOf(publications));
        }
      }
    });
  });
}
