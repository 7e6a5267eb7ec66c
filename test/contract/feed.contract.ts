// Broker contract: who gets what while a room is subscribed, and nothing afterwards.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type BrokerPair, type OpenBrokers, openPair, subscribeAll } from '../support/broker-pair.js';
import { draftOf, draftsOf, idsOf, newRoom } from '../support/drafts.js';

export function describeFeed(open: OpenBrokers): void {
  describe('subscribe and unsubscribe', () => {
    let pair: BrokerPair;

    beforeAll(async () => {
      pair = await openPair(open);
    });

    afterAll(async () => {
      await pair.close();
    });

    it('delivers what is published after subscribe resolved, to every instance and the publisher itself', async () => {
      const rooms = Array.from({ length: 50 }, newRoom);
      await Promise.all(
        rooms.map(async (room) => {
          await subscribeAll(pair, room);
          await pair.first.broker.publish(room, draftOf('hello', { messageId: 'one' }));
          await pair.second.broker.publish(room, draftOf('hello again', { messageId: 'two' }));
        }),
      );
      for (const { sink } of pair.instances) {
        await Promise.all(rooms.map((room) => sink.delivered(room, 'two')));
        for (const room of rooms) expect(sink.messageIds(room)).toEqual(['one', 'two']);
      }
    });

    it('delivers once, however often a room was subscribed', async () => {
      const room = newRoom();
      const { broker, sink } = pair.second;
      await Promise.all([broker.subscribe(room), broker.subscribe(room)]);
      await broker.subscribe(room);
      const drafts = draftsOf(3);
      for (const draft of drafts) await pair.first.broker.publish(room, draft);
      await sink.delivered(room, drafts[2]!.messageId);
      expect(sink.messageIds(room)).toEqual(idsOf(drafts));
    });

    it('ends all subscriptions of a room by one unsubscribe', async () => {
      const room = newRoom();
      const { broker, sink } = pair.second;
      await broker.subscribe(room);
      await broker.subscribe(room);
      await broker.unsubscribe(room);
      await pair.first.broker.publish(room, draftOf('unheard'));
      await fence(pair);
      expect(sink.publications(room)).toEqual([]);
    });

    it('takes an unsubscribe of a room which is not subscribed', async () => {
      const room = newRoom();
      await pair.first.broker.unsubscribe(room);
      await pair.first.broker.unsubscribe(room);
      await pair.first.broker.subscribe(room);
      await pair.first.broker.publish(room, draftOf('heard', { messageId: 'heard' }));
      await pair.first.sink.delivered(room, 'heard');
      expect(pair.first.sink.messageIds(room)).toEqual(['heard']);
    });

    it('delivers nothing once unsubscribe settled, in the midst of traffic', async () => {
      const room = newRoom();
      const { broker, sink } = pair.second;
      await broker.subscribe(room);
      const drafts = draftsOf(200);
      const published = drafts.map((draft) => pair.first.broker.publish(room, draft));
      await published[0];
      await broker.unsubscribe(room);
      const seen = sink.publications(room).length;
      await broker.signal(room, Buffer.from('unheard'));
      await Promise.all(published);
      await pair.first.broker.publish(room, draftOf('the last'));
      await fence(pair);
      expect(sink.publications(room)).toHaveLength(seen);
      expect(sink.messageIds(room)).toEqual(idsOf(drafts).slice(0, seen));
      expect(sink.signals(room)).toEqual([]);
    });

    it('delivers again after another subscribe', async () => {
      const room = newRoom();
      const { broker, sink } = pair.second;
      await broker.subscribe(room);
      await broker.unsubscribe(room);
      await pair.first.broker.publish(room, draftOf('unheard'));
      await broker.subscribe(room);
      await pair.first.broker.publish(room, draftOf('heard', { messageId: 'heard' }));
      await sink.delivered(room, 'heard');
      expect(sink.messageIds(room)).toEqual(['heard']);
    });

    it('keeps to the last word, however fast it changes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), async (words) => {
          const room = newRoom();
          const { broker, sink } = pair.second;
          const calls = words.map((wanted) => (wanted ? broker.subscribe(room) : broker.unsubscribe(room)));
          const last = calls.at(-1)!;
          // Those which a later word made void may be rejected.
          await Promise.allSettled(calls.slice(0, -1));
          await last;
          await pair.first.broker.publish(room, draftOf('heard?', { messageId: 'heard?' }));
          if (words.at(-1)) await sink.delivered(room, 'heard?');
          else await fence(pair);
          expect(sink.messageIds(room)).toEqual(words.at(-1) ? ['heard?'] : []);
        }),
        { numRuns: 50 },
      );
    });

    it('brings signals to all subscribers, and stores nothing of them', async () => {
      const room = newRoom();
      await subscribeAll(pair, room);
      const [before] = await pair.first.broker.heads([room]);
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const payloads = [Buffer.from('{"type":"TYPING"}'), Buffer.alloc(0), everyByte];
      for (const payload of payloads) await pair.first.broker.signal(room, payload);

      for (const { sink } of pair.instances) {
        await sink.until(() => sink.signals(room).length >= payloads.length, 'the signals are delivered');
        expect(hexOf(sink.signals(room))).toEqual(hexOf(payloads));
        expect(sink.publications(room)).toEqual([]);
      }
      const page = await pair.second.broker.history(room, { from: 'newest', limit: 10 });
      expect(page).toEqual({ head: before, publications: [], more: 0 });
    });
  });
}

/** In no particular order. */
function hexOf(payloads: readonly Buffer[]): string[] {
  return payloads.map((payload) => payload.toString('hex')).toSorted();
}

/** Resolves when what was published before it has reached every sink that it was to reach. */
async function fence(pair: BrokerPair): Promise<void> {
  const room = newRoom();
  await subscribeAll(pair, room);
  const draft = draftOf('fence');
  await pair.first.broker.publish(room, draft);
  await Promise.all(pair.instances.map(({ sink }) => sink.delivered(room, draft.messageId)));
}
