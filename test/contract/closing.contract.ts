// Broker contract: close ends everything, at once and for good.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Broker } from '../../src/core/broker.js';
import { ChatError } from '../../src/protocol/errors.js';
import { type BrokerPair, type OpenBrokers, openPair } from '../support/broker-pair.js';
import { within } from '../support/deadline.js';
import { draftOf, draftsOf, newRoom } from '../support/drafts.js';

const TIMEOUT_MS = 5_000;

/** One call of each kind. */
function callsOn(broker: Broker, room: string): Promise<unknown>[] {
  return [
    ...draftsOf(50).map((draft) => broker.publish(room, draft)),
    broker.history(room, { from: 'newest', limit: 10 }),
    broker.heads([room, newRoom()]),
    broker.signal(room, Buffer.from('signal')),
    broker.subscribe(newRoom()),
  ];
}

export function describeClosing(open: OpenBrokers): void {
  describe('close', () => {
    let pair: BrokerPair | undefined;

    afterEach(async () => {
      await pair?.close();
      pair = undefined;
    });

    it('settles all pending calls: done, or rejected with UNAVAILABLE', async () => {
      pair = await openPair(open);
      const calls = callsOn(pair.second.broker, newRoom());
      const closed = pair.second.broker.close();
      const outcomes = await within(Promise.allSettled(calls), TIMEOUT_MS, 'all calls are settled');
      await within(closed, TIMEOUT_MS, 'close is done');
      expect(rejectionsOf(outcomes).filter((code) => code !== 'UNAVAILABLE')).toEqual([]);
    });

    it('settles them also where the broker was never started', async () => {
      const { brokers, teardown } = await open({});
      const calls = brokers.flatMap((broker) => callsOn(broker, newRoom()));
      await within(Promise.all(brokers.map((broker) => broker.close())), TIMEOUT_MS, 'close is done');
      const outcomes = await within(Promise.allSettled(calls), TIMEOUT_MS, 'all calls are settled');
      await teardown();
      expect(rejectionsOf(outcomes).filter((code) => code !== 'UNAVAILABLE')).toEqual([]);
    });

    it('is final: nothing is delivered any more, and every further call is rejected with UNAVAILABLE', async () => {
      pair = await openPair(open);
      const { first, second } = pair;
      const room = newRoom();
      await second.broker.subscribe(room);
      await first.broker.publish(room, draftOf('heard', { messageId: 'heard' }));
      await second.sink.delivered(room, 'heard');
      await second.broker.close();

      if (first !== second) await first.broker.publish(room, draftOf('unheard'));
      const outcomes = await within(
        Promise.allSettled(callsOn(second.broker, room)),
        TIMEOUT_MS,
        'all calls are settled',
      );
      expect(rejectionsOf(outcomes)).toEqual(outcomes.map(() => 'UNAVAILABLE'));
      expect(second.sink.messageIds(room)).toEqual(['heard']);
      expect(second.sink.signals(room)).toEqual([]);
    });
  });
}

/** The error codes of the calls that were rejected. */
function rejectionsOf(outcomes: readonly PromiseSettledResult<unknown>[]): string[] {
  return outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map(({ reason }) => (reason instanceof ChatError ? reason.code : String(reason)));
}
