// The body of a message, written by hand: byte for byte what JSON.stringify writes.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeBody } from '../../src/protocol/message-body.js';

/** Also lone surrogates, control characters, quotes and what needs several bytes. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\u007f', '\u2028', '\ud800', 'é', 'a'),
  }),
  fc.constant('x'.repeat(200)),
);

describe('a body', () => {
  it('is what JSON.stringify makes of it, with data or without', () => {
    fc.assert(
      fc.property(
        fc.tuple(text, text, text, text),
        fc.option(fc.dictionary(text, fc.jsonValue()), { nil: undefined }),
        ([messageId, id, name, message], data) => {
          const sentAt = '2026-01-02T03:04:05.678Z';
          const whole = { messageId, sender: { id, name }, message, ...(data && { data }), sentAt };
          const parts = { ...whole, data: data ? JSON.stringify(data) : '' };
          expect(encodeBody(parts).equals(Buffer.from(JSON.stringify(whole)))).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
