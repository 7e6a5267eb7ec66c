// The bytes that travel through Redis: whatever is written is read as it was, and nothing else is taken for it.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { HistoryRange } from '../../src/core/broker.js';
import {
  decodeHead,
  decodeHistory,
  decodePayload,
  encodeSignal,
  type Known,
  logKey,
  messageIdKey,
  metaKey,
} from '../../src/brokers/redis/redis-codec.js';
import type { Publication } from '../../src/protocol/position.js';
import { draftOf } from '../support/drafts.js';
import { RoomLogModel } from '../support/room-log-model.js';

const messageId = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((id) => !/\p{Cc}/u.test(id));
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const epoch = fc.stringMatching(/^[A-Za-z0-9_-]{12}$/);

/** As the publish script writes it. */
function payloadOf({ epoch: name, offset, messageId: id, previousId, body }: Publication): Buffer {
  return Buffer.concat([Buffer.from(`p${name}\n${offset}\n${previousId}\n${id}\n`), body]);
}

/** As it lies in a chunk from the link, with others around it; the chunk is gone afterwards. */
function decode(payload: Buffer, known?: Known): ReturnType<typeof decodePayload> {
  const around = Buffer.from('\n1\np\n');
  const end = around.length + payload.length;
  const chunk = Buffer.concat([around, payload, around]);
  const decoded = decodePayload(chunk, around.length, end, known);
  if (!decoded) return undefined;
  const kept =
    'signal' in decoded
      ? { signal: Buffer.from(decoded.signal) }
      : { ...decoded, body: Buffer.from(decoded.body) };
  chunk.fill(0);
  return kept;
}

describe('a channel payload', () => {
  it('is read as the publication it was written for', () => {
    fc.assert(
      fc.property(
        epoch,
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        messageId,
        messageId,
        bytes,
        (...parts) => {
          const [name, offset, id, previousId, body] = parts;
          const publication = {
            epoch: name,
            offset,
            messageId: id,
            previousOffset: offset - 1,
            previousId,
            body,
          };
          expect(decode(payloadOf(publication))).toEqual(publication);
        },
      ),
    );
  });

  it('is read the same whatever the channel brought before it', () => {
    const names = fc.constantFrom('e', 'é', 'Ã©', 'ee', '\u{1f600}', '');
    fc.assert(
      fc.property(names, names, names, names, names, (name, id, previousId, ...before) => {
        const body = Buffer.from('{}');
        const publication = { epoch: name, offset: 2, messageId: id, previousOffset: 1, previousId, body };
        const known = { epoch: before[0], messageId: before[1] };
        expect(decode(payloadOf(publication), known)).toEqual(publication);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read as the signal it was written for', () => {
    fc.assert(
      fc.property(bytes, (payload) => {
        expect(decode(encodeSignal(payload))).toEqual({ signal: payload });
      }),
    );
  });

  it('is nothing of ours where it is neither', () => {
    const broken = [
      '',
      'x',
      'p',
      'P e\n1\na\nb\n{}',
      'pe\n1\na\nb',
      'pe\n0\na\nb\n{}',
      'pe\n-1\na\nb\n{}',
      'pe\n1.5\na\nb\n{}',
      'pe\none\na\nb\n{}',
      'pe\n\na\nb\n{}',
      'pe\n1e3\na\nb\n{}',
      'pe\n 1\na\nb\n{}',
      'pe\n99999999999999999999\na\nb\n{}',
    ];
    expect(broken.map((each) => decode(Buffer.from(each)))).toEqual(broken.map(() => undefined));
  });

  it('never throws, whatever it holds', () => {
    const first = fc.constantFrom(0x70, 0x73, 0x0a, 0);
    fc.assert(
      fc.property(first, bytes, (byte, rest) => {
        const decoded = decode(Buffer.concat([Buffer.of(byte), rest]));
        expect(decoded === undefined).toBe(byte !== 0x73 && !isPublication(byte, rest));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Whether there are four lines behind a p, the second of which is an offset. */
function isPublication(first: number, rest: Buffer): boolean {
  const lines = rest.toString('latin1').split('\n');
  const offset = /^[0-9]+$/.test(lines[1] ?? '') ? Number(lines[1]) : 0;
  return first === 0x70 && lines.length > 4 && Number.isSafeInteger(offset) && offset >= 1;
}

describe('a reply to a history read', () => {
  const limits = fc.oneof(fc.nat({ max: 12 }), fc.constant(300));
  const offsets = fc.integer({ min: 1, max: 30 });
  const ranges: fc.Arbitrary<HistoryRange> = fc.oneof(
    fc.record({ from: fc.constant('newest' as const), limit: limits }),
    fc.record({ from: fc.constantFrom('after' as const, 'before' as const), offset: offsets, limit: limits }),
  );

  it('is the page that the log has', () => {
    fc.assert(
      fc.property(fc.array(messageId, { maxLength: 25 }), ranges, (ids, range) => {
        const model = new RoomLogModel('epoch', 10);
        for (const [index, id] of ids.entries())
          model.publish(draftOf('text', { messageId: `${index} ${id}` }));
        const page = model.history(range);
        const entries = page.publications.map(({ offset, messageId: id, previousId, body }) => {
          const fields = ['m', id, 'p', previousId, 'b'].map((each) => Buffer.from(each));
          return [Buffer.from(`${offset}-0`), [...fields, body]] as [Buffer, Buffer[]];
        });
        const head = [page.head.epoch, String(page.head.offset), page.head.messageId].map((each) =>
          Buffer.from(each),
        );
        const reply = [...(head as [Buffer, Buffer, Buffer]), model.held.length, entries] as const;
        expect(decodeHistory([...reply], range)).toEqual(page);
      }),
      { numRuns: 500 },
    );
  });

  it('counts nothing beyond a log which expired', () => {
    const head = ['epoch', '7', 'm7'].map((each) => Buffer.from(each)) as [Buffer, Buffer, Buffer];
    const read: HistoryRange[] = [
      { from: 'newest', limit: 5 },
      { from: 'newest', limit: 0 },
      { from: 'after', offset: 3, limit: 5 },
      { from: 'before', offset: 3, limit: 5 },
      { from: 'before', offset: 30, limit: 0 },
    ];
    const position = { epoch: 'epoch', offset: 7, messageId: 'm7' };
    const pages = read.map((range) => decodeHistory([...head, 0, []], range));
    expect(pages).toEqual(read.map(() => ({ head: position, publications: [], more: 0 })));
    expect(decodeHead(['epoch', '7', 'm7'])).toEqual(position);
  });
});

describe('the keys of a room', () => {
  it('are its own, all with its channel as their hash tag', () => {
    const names = ['a', 'a:log', 'a:id', 'a:id:x', 'a:meta', 'b'];
    const keys = names.flatMap((room) => [
      metaKey(room),
      logKey(room),
      messageIdKey(room, 'x'),
      messageIdKey(room, 'log'),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
    const tags = keys.map((key) => /^\{([^}]*)\}/.exec(key)?.[1]);
    expect(tags).toEqual(names.flatMap((room) => Array.from({ length: 4 }, () => `room:${room}`)));
  });
});
