// The memory of packs: who has it, what is kept of it, and that V8 knows nothing of it.
import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_BYTES, PackMemory } from '../../src/subscription/pack-memory.js';

const MIB = 1_048_576;

/** All that was taken, of which `bytes` are the first. */
function whole({ buffer }: Buffer): Buffer {
  return Buffer.from(buffer);
}

describe('PackMemory', () => {
  it('is never two takers’ at once, and large enough for each', () => {
    const step = fc.record({ takes: fc.boolean(), size: fc.integer({ min: 1, max: 20_000 }) });
    const plan = fc.array(step, { maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(plan, fc.constantFrom(0, 5_000, MIB), (steps, maxFreeBytes) => {
        const memory = new PackMemory(maxFreeBytes);
        const taken: { bytes: Buffer; size: number; mark: number }[] = [];
        for (const [mark, { takes, size }] of steps.entries()) {
          if (takes) taken.push({ bytes: memory.take(size).subarray(0, size).fill(mark), size, mark });
          else if (taken.length > 0) memory.give(whole(taken.splice(size % taken.length, 1)[0]!.bytes));
        }
        for (const { bytes, size, mark } of taken) expect(bytes).toEqual(Buffer.alloc(size, mark));
      }),
    );
  });

  it('is used again', () => {
    const memory = new PackMemory(MIB);
    const [small, large] = [memory.take(700), memory.take(MAX_BYTES)];
    memory.give(large);
    memory.give(small);
    expect(memory.take(1_000)).toBe(small);
    expect(memory.take(1_000)).not.toBe(small);
    expect(memory.take(MAX_BYTES - 1)).toBe(large);
  });

  it('keeps no more than it may, and nothing out of the ordinary', () => {
    const memory = new PackMemory(2_048);
    const taken = [1, 2, 3].map(() => memory.take(1_024));
    for (const bytes of taken) memory.give(bytes);
    expect([1, 2, 3].map(() => taken.indexOf(memory.take(1_024)))).toEqual([1, 0, -1]);
    const huge = memory.take(MAX_BYTES + 1);
    expect(huge.length).toBe(MAX_BYTES + 1);
    memory.give(huge);
    expect(memory.take(MAX_BYTES + 1)).not.toBe(huge);
  });

  it('is not counted by V8, which would collect all else the more often', () => {
    const memory = new PackMemory(0);
    const before = getHeapStatistics().external_memory;
    const taken = Array.from({ length: 1_000 }, () => memory.take(MAX_BYTES));
    expect(getHeapStatistics().external_memory - before).toBeLessThan(4 * MIB);
    expect(taken).toHaveLength(1_000);
  });
});
