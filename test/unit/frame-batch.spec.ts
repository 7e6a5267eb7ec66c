// What is written to sockets: frames that any WebSocket reader reads, and the same bytes for all who get the same.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { FrameBatch } from '../../src/gateway/frame-batch.js';
import type { Frame } from '../../src/protocol/dialects/dialect.js';

/** Each side of the lengths at which a frame's header grows, and texts beyond ASCII. */
const lengths = fc.oneof(fc.constantFrom(0, 1, 125, 126, 65_535, 65_536), fc.nat({ max: 300 }));
const texts: fc.Arbitrary<Frame> = fc.oneof(
  lengths.map((length) => 'x'.repeat(length)),
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
  lengths.map((length) => Buffer.alloc(length, 'é')),
);

function batchOf(frames: readonly Frame[], start = FrameBatch.empty()): FrameBatch {
  return frames.reduce<FrameBatch>((batch, frame) => batch.with(frame), start);
}

/** Reads unmasked text frames as RFC 6455 §5.2 has them. */
function read(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length;) {
    expect(bytes[at]).toBe(0x81);
    const short = bytes[at + 1]!;
    const [textAt, length] =
      short < 126
        ? [at + 2, short]
        : short === 126
          ? [at + 4, bytes.readUInt16BE(at + 2)]
          : [at + 10, Number(bytes.readBigUInt64BE(at + 2))];
    frames.push(bytes.toString('latin1', textAt, textAt + length));
    at = textAt + length;
  }
  return frames;
}

describe('a batch of frames', () => {
  it('has all its texts in their order, and says how long it is', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 8 }), (frames) => {
        const batch = batchOf(frames);
        const bytes = frames.map((frame) => Buffer.from(frame as string).toString('latin1'));
        expect(read(batch.bytes)).toEqual(bytes);
        expect(batch.byteLength).toBe(batch.bytes.length);
      }),
    );
  });

  it('is one and the same for all who get the same, and another for who gets something else', () => {
    const start = FrameBatch.empty();
    const shared = ['a', Buffer.from('b'), 'c'];
    const members = [1, 2, 3].map(() => batchOf(shared, start));
    expect(new Set(members).size).toBe(1);
    expect(members[0]!.bytes).toBe(members[1]!.bytes);
    const other = batchOf(['a', 'own reply', 'c'], start);
    expect(read(other.bytes)).toEqual(['a', 'own reply', 'c']);
    expect(read(members[2]!.with('d').bytes)).toEqual(['a', 'b', 'c', 'd']);
    expect(read(members[0]!.bytes)).toEqual(['a', 'b', 'c']);
  });
});
