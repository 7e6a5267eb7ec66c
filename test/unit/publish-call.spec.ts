// The publish call's bytes, against those ioredis makes of the same keys and arguments.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Command } from 'ioredis';
import { type Addressed, encodePublish, historyTerms } from '../../src/brokers/redis/publish-call.js';
import { logKey, messageIdKey, metaKey } from '../../src/brokers/redis/redis-codec.js';

const terms = { historySize: 300, historyTtlMs: 86_400_000, metaTtlMs: 345_600_000, freshEpoch: 'e-Ab_9' };
const encoded = { history: historyTerms(300, 86_400_000, 345_600_000), freshEpoch: terms.freshEpoch };

const messages = fc.array(
  fc.record({
    room: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$/),
    draft: fc.record({
      messageId: fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }),
      body: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
      fingerprint: fc.constantFrom('', '2jmj7l5rSw0yVb/vlWAYkK/YBwk='),
      rememberMs: fc.nat(),
    }),
  }),
  { minLength: 1, maxLength: 20 },
);

/** By ioredis's own encoder. */
function byIoredis(addressed: readonly Addressed[]): Buffer {
  const keys = addressed.flatMap(({ room, draft }) => [
    metaKey(room),
    logKey(room),
    messageIdKey(room, draft.messageId),
  ]);
  const { historySize, historyTtlMs, metaTtlMs, freshEpoch } = terms;
  const drafts = addressed.flatMap(({ draft }) => [draft.body, draft.fingerprint, draft.rememberMs]);
  const all = ['hash', keys.length, ...keys, historySize, historyTtlMs, metaTtlMs, freshEpoch, ...drafts];
  const command = new Command('evalsha', all);
  command.stringifyArguments();
  return Buffer.from(command.toWritable({}));
}

describe('the publish call', () => {
  it('is in the bytes that ioredis would send', () => {
    fc.assert(
      fc.property(messages, (addressed) => {
        const bytes = encodePublish(addressed, encoded, '$7\r\nevalsha\r\n$4\r\nhash\r\n');
        expect(bytes.equals(byIoredis(addressed))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
