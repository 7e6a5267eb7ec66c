// What came of publishing while links fail, and what the log must then have.
import { expect } from '@jest/globals';
import type { Broker, Draft, Receipt } from '../../src/core/broker.js';
import type { Publication } from '../../src/protocol/position.js';
import { brokenLinks, idsOf } from './drafts.js';

export interface Outcome {
  readonly draft: Draft;
  readonly receipt: Receipt | undefined;
}

/** Publishes at once; those rejected with UNAVAILABLE have no receipt. Anything else fails the test. */
export function publishAll(through: Broker, room: string, drafts: readonly Draft[]): Promise<Outcome[]> {
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
export function expectLog(log: readonly Publication[], outcomes: readonly Outcome[]): void {
  const stored = outcomes.filter(({ receipt }) => receipt !== undefined);
  const acknowledged = new Set(stored.map(({ draft }) => draft.messageId));
  expect(new Set(idsOf(log)).size).toBe(log.length);
  expect(brokenLinks(log)).toEqual([]);
  const kept = log.filter(({ messageId }) => acknowledged.has(messageId));
  expect(idsOf(kept)).toEqual(stored.map(({ draft }) => draft.messageId));
  expect(kept.map(({ offset }) => offset)).toEqual(stored.map(({ receipt }) => receipt!.offset));
}
