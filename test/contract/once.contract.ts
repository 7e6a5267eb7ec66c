// Broker contract: a messageId is stored once, wherever and however often it is published.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BrokerPair, type OpenBrokers, openPair, subscribeAll } from '../support/broker-pair.js';
import { eventually } from '../support/deadline.js';
import { draftOf, draftsOf, idsOf, newRoom } from '../support/drafts.js';

const TIMEOUT_MS = 10_000;
const RETRIES = 100;

export function describeOnce(open: OpenBrokers): void {
  describe('publishing the same messageId again', () => {
    let pair: BrokerPair;

    beforeAll(async () => {
      pair = await openPair(open);
    });

    afterAll(async () => {
      await pair.close();
    });

    async function stored(room: string): Promise<string[]> {
      const page = await pair.first.broker.history(room, { from: 'newest', limit: 300 });
      return idsOf(page.publications);
    }

    it("answers the first one's position, whatever came after it, and on every instance", async () => {
      const room = newRoom();
      const draft = draftOf('once');
      const receipt = await pair.first.broker.publish(room, draft);
      expect(receipt).toMatchObject({ offset: 1, messageId: draft.messageId, duplicate: false });
      await pair.second.broker.publish(room, draftOf('another'));

      for (const { broker } of pair.instances) {
        expect(await broker.publish(room, draft)).toEqual({ ...receipt, duplicate: true });
      }
      expect(await stored(room)).toHaveLength(2);
    });

    it('stores and delivers once what is published a hundred times at the same moment', async () => {
      const room = newRoom();
      await subscribeAll(pair, room);
      const draft = draftOf('once');
      const receipts = await Promise.all(
        Array.from({ length: RETRIES }, (_, index) =>
          (index % 2 === 0 ? pair.first : pair.second).broker.publish(room, draft),
        ),
      );
      expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      const [{ epoch }] = receipts as [(typeof receipts)[0]];
      for (const receipt of receipts) {
        expect(receipt).toMatchObject({ epoch, offset: 1, messageId: draft.messageId });
      }
      const fence = draftOf('fence');
      await pair.first.broker.publish(room, fence);
      for (const { sink } of pair.instances) {
        await sink.delivered(room, fence.messageId);
        expect(sink.messageIds(room)).toEqual(idsOf([draft, fence]));
      }
      expect(await stored(room)).toEqual(idsOf([draft, fence]));
    });

    it('is a CONFLICT where the content is another, and leaves the log as it is', async () => {
      const room = newRoom();
      await subscribeAll(pair, room);
      const draft = draftOf('one');
      const receipt = await pair.first.broker.publish(room, draft);
      const other = draftOf('another', { messageId: draft.messageId });
      for (const { broker } of pair.instances) {
        await expect(broker.publish(room, other)).rejects.toMatchObject({
          name: 'ChatError',
          code: 'CONFLICT',
          retryable: false,
        });
      }
      expect(await pair.second.broker.publish(room, draft)).toEqual({ ...receipt, duplicate: true });
      const next = draftOf('next');
      expect(await pair.second.broker.publish(room, next)).toMatchObject({ offset: 2, duplicate: false });
      for (const { sink } of pair.instances) {
        await sink.delivered(room, next.messageId);
        expect(sink.messageIds(room)).toEqual(idsOf([draft, next]));
      }
    });

    it('lets one content win where several are published at the same moment', async () => {
      const room = newRoom();
      const contents = Array.from({ length: 20 }, (_, index) =>
        draftOf(`${index}`, { messageId: 'contested' }),
      );
      const outcomes = await Promise.allSettled(
        contents.map((draft, index) =>
          (index % 2 === 0 ? pair.first : pair.second).broker.publish(room, draft),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      const page = await pair.first.broker.history(room, { from: 'newest', limit: 300 });
      expect(page.publications.map(({ body }) => body)).toEqual([contents[winner]!.body]);
    });

    it('concerns one room only', async () => {
      const rooms = [newRoom(), newRoom()];
      const draft = draftOf('everywhere');
      for (const room of rooms) {
        expect(await pair.first.broker.publish(room, draft)).toMatchObject({ offset: 1, duplicate: false });
      }
    });

    it('holds for a message which history has trimmed', async () => {
      const small = await openPair(open, { historySize: 3 });
      try {
        const room = newRoom();
        const drafts = draftsOf(10);
        for (const draft of drafts) await small.first.broker.publish(room, draft);
        const again = await small.second.broker.publish(room, drafts[0]!);
        expect(again).toMatchObject({ offset: 1, messageId: drafts[0]!.messageId, duplicate: true });
      } finally {
        await small.close();
      }
    });

    it('stores it anew once the first is no longer remembered', async () => {
      const room = newRoom();
      const lasting = draftOf('lasting');
      await pair.first.broker.publish(room, lasting);
      const fleeting = draftOf('fleeting', { rememberMs: 50 });
      const first = await pair.first.broker.publish(room, fleeting);

      const again = await eventually(
        async () => {
          const receipt = await pair.second.broker.publish(room, fleeting);
          if (receipt.duplicate) throw new Error('still remembered');
          return receipt;
        },
        TIMEOUT_MS,
        'the messageId is forgotten',
      );
      expect(again).toEqual({ ...first, offset: first.offset + 1 });
      expect(await stored(room)).toEqual(idsOf([lasting, fleeting, fleeting]));
      expect(await pair.first.broker.publish(room, lasting)).toMatchObject({ duplicate: true, offset: 1 });
    });

    it('takes another content once the first is no longer remembered', async () => {
      const room = newRoom();
      const first = draftOf('one', { rememberMs: 50 });
      await pair.first.broker.publish(room, first);
      const other = draftOf('another', { messageId: first.messageId });
      const receipt = await eventually(
        () => pair.second.broker.publish(room, other),
        TIMEOUT_MS,
        'the messageId is free again',
      );
      expect(receipt).toMatchObject({ offset: 2, duplicate: false });
    });
  });
}
