// The part of a room's log which is in memory: what it holds, where positions lie in it, what it costs.
import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import type { Position, Publication } from '../../src/protocol/position.js';
import { weightOf } from '../../src/subscription/delivery.js';
import type { SubscriptionOptions } from '../../src/subscription/subscription-options.js';
import { Tail, TailBudget } from '../../src/subscription/tail.js';

const SLACK = 32;

/** Not all of ASCII. */
function idOf(offset: number): string {
  return offset % 4 === 3 ? `é✓😀${offset}` : `m${offset}`;
}

/** A log whose offsets have holes of the given sizes. */
function logOf(steps: readonly number[], filling: (offset: number) => number = () => 0): Publication[] {
  const log: Publication[] = [];
  for (const step of steps) {
    const before = log.at(-1);
    const offset = (before?.offset ?? 0) + step;
    const previous = { previousOffset: before?.offset ?? 0, previousId: before?.messageId ?? '' };
    log.push({
      epoch: 'e',
      offset,
      messageId: idOf(offset),
      ...previous,
      body: Buffer.from(`{"n":${offset},"x":"${'x'.repeat(filling(offset))}"}`),
    });
  }
  return log;
}

function positions(log: readonly Publication[]): Position[] {
  const ends = log.map(({ epoch, offset, messageId }) => ({ epoch, offset, messageId }));
  return [{ epoch: 'e', offset: 0, messageId: '' }, ...ends];
}

function optionsOf(
  options: Partial<SubscriptionOptions>,
): SubscriptionOptions & { headCheckIntervalMs: number } {
  const sizes = { tailSize: 1_000, maxTailSize: 1_000, tailBudgetBytes: 0 };
  return { ...sizes, lingerMs: 0, headCheckIntervalMs: 1_000_000, ...options };
}

const steps = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 40, size: 'max' });
const changes = fc.array(
  fc.record({ kind: fc.constantFrom('append', 'prepend', 'trim'), count: fc.nat({ max: 8 }) }),
  { maxLength: 30, size: 'max' },
);

describe('Tail', () => {
  it('holds a contiguous stretch of the log, and finds every position in it, and no other', () => {
    fc.assert(
      fc.property(steps, fc.nat({ max: 40 }), changes, (sizes, beginning, plan) => {
        // Some are larger than what they are packed into.
        const log = logOf(sizes, (offset) => (offset % 25 === 0 ? 17_000 : offset % 50));
        const all = positions(log);
        // Both count publications: the tail holds those from `low` to `high`.
        let low = beginning % all.length;
        let high = low;
        const budget = new TailBudget(1_000_000);
        const tail = new Tail('room', all[low]!, optionsOf({}), budget);
        for (const { kind, count } of plan) {
          if (kind === 'append') {
            const next = log.slice(high, high + count);
            for (const publication of next) tail.append(publication);
            high += next.length;
          } else if (kind === 'prepend') {
            const more = log.slice(Math.max(0, low - count), low);
            tail.prepend(more);
            low -= more.length;
          } else {
            tail.trim(count);
            low = Math.max(low, high - count);
          }
        }
        const held = log.slice(low, high);
        expect([tail.start, tail.end, tail.length]).toEqual([all[low], all[high], held.length]);
        expect(tail.newest(held.length, 100).map(({ publication }) => publication)).toEqual(held);
        const counts = all.map((position) => tail.countAfter(position));
        expect(counts).toEqual(
          all.map((_, index) => (index < low || index > high ? undefined : high - index)),
        );
        // Without its id, a position is known by its offset alone.
        const claims = all.map(({ epoch, offset }) => tail.countAfter({ epoch, offset }));
        expect(claims).toEqual(counts);
        expect(all.slice(low, high + 1).map((_, index) => tail.positionBefore(high - low - index))).toEqual(
          all.slice(low, high + 1),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('does not know positions of another log, of another branch, or between two publications', () => {
    const log = logOf([1, 1, 3, 1]);
    const tail = new Tail('room', positions(log)[1]!, optionsOf({}), new TailBudget(1_000));
    for (const publication of log.slice(1)) tail.append(publication);
    const foreign = [
      { epoch: 'other', offset: 2, messageId: 'm2' },
      { epoch: 'e', offset: 2, messageId: 'other' },
      { epoch: 'e', offset: 1, messageId: 'other' },
      { epoch: 'e', offset: 6, messageId: 'other' },
      { epoch: 'e', offset: 4 },
      { epoch: 'e', offset: 0, messageId: '' },
      { epoch: 'e', offset: 7 },
    ];
    expect(foreign.map((position) => tail.countAfter(position))).toEqual(foreign.map(() => undefined));
  });

  it('holds any offset there can be', () => {
    const log = logOf([2 ** 31, 1, 2 ** 31 - 2, 1, 1, 2 ** 40, 2 ** 53 - 2 ** 40 - 2 ** 32 - 2]);
    expect(log.at(-1)!.offset).toBe(Number.MAX_SAFE_INTEGER);
    const tail = new Tail('room', positions(log)[0]!, optionsOf({}), new TailBudget(10_000));
    for (const publication of log) tail.append(publication);
    expect(tail.newest(7, 7).map(({ publication }) => publication)).toEqual(log);
    expect(log.map((position) => tail.countAfter(position))).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });

  it('gives the oldest of the newest', () => {
    const log = logOf([1, 1, 1, 1, 1]);
    const tail = new Tail('room', positions(log)[0]!, optionsOf({}), new TailBudget(10_000));
    for (const publication of log) tail.append(publication);
    const offsets = (count: number, limit: number): number[] =>
      tail.newest(count, limit).map(({ publication }) => publication.offset);
    expect([offsets(3, 2), offsets(5, 9), offsets(1, 1), offsets(0, 3)]).toEqual([
      [3, 4],
      [1, 2, 3, 4, 5],
      [5],
      [],
    ]);
  });

  it('keeps to its size, and to a larger one while clients read further back', () => {
    const options = optionsOf({ tailSize: 10, maxTailSize: 100 });
    const log = logOf(Array.from({ length: 600 }, () => 1));
    const tail = new Tail('room', positions(log)[200]!, options, new TailBudget(10_000_000));
    for (const publication of log.slice(200, 300)) tail.append(publication);
    expect(tail.length).toBeLessThanOrEqual(10 + SLACK);
    expect(tail.length).toBeGreaterThanOrEqual(10);

    const before = log.slice(tail.start.offset - 80, tail.start.offset);
    tail.prepend(before);
    for (const publication of log.slice(300, 500)) tail.append(publication);
    expect(tail.length).toBeLessThanOrEqual(100 + SLACK);
    expect(tail.length).toBeGreaterThanOrEqual(100);
    tail.tidy(false);
    expect(tail.length).toBeGreaterThanOrEqual(100);

    options.headCheckIntervalMs = -1; // nobody has come for that long
    tail.tidy(false);
    expect(tail.length).toBe(10);
    for (const publication of log.slice(500)) tail.append(publication);
    expect(tail.length).toBeLessThanOrEqual(10 + SLACK);
    expect(tail.end).toEqual(positions(log)[600]);
  });

  it('gives memory back where all tails together have too much', () => {
    const log = logOf(Array.from({ length: 40 }, () => 1));
    const each = weightOf(log[39]!.body.length);
    const budget = new TailBudget(20 * each);
    const [one, two] = [1, 2].map(() => new Tail('room', positions(log)[0]!, optionsOf({}), budget)) as [
      Tail,
      Tail,
    ];
    for (const publication of log.slice(0, 15)) one.append(publication);
    expect([one.length, budget.exceeded, budget.tight]).toEqual([15, false, true]);
    for (const publication of log) two.append(publication);
    expect(two.length).toBeLessThan(20);
    expect(two.end).toEqual(positions(log)[40]);
    expect(budget.exceeded).toBe(false);

    one.tidy(false);
    expect(one.length).toBe(15);
    one.tidy(true);
    expect([one.length, one.end, one.start]).toEqual([0, positions(log)[15], positions(log)[15]]);
    two.trim(0);
    expect([budget.exceeded, budget.tight]).toEqual([false, false]);
  });

  it('has lent what stays as it was when its memory is used again', () => {
    const log = logOf(Array.from({ length: 80 }, () => 1));
    const budget = new TailBudget(1_000_000);
    const [one, two] = [1, 2].map(() => new Tail('room', positions(log)[0]!, optionsOf({}), budget)) as [
      Tail,
      Tail,
    ];
    for (const publication of log.slice(0, 40)) one.append(publication);
    const lent = one.newest(40, 40).map(({ publication }) => publication);
    one.trim(0);
    for (const publication of log) two.append({ ...publication, body: Buffer.from(`${publication.offset}`) });
    for (const publication of log.slice(40)) one.append(publication);
    expect(lent).toEqual(log.slice(0, 40));
    expect(one.newest(40, 40).map(({ publication }) => publication)).toEqual(log.slice(40));
  });

  it('needs no more memory for a thousand publications more', () => {
    const ones = Array.from({ length: 1_500 }, () => 1);
    const log = logOf(ones, () => 300);
    const budget = new TailBudget(1_000_000);
    const take = jest.spyOn(budget.memory, 'take');
    const tail = new Tail('room', positions(log)[0]!, optionsOf({ tailSize: 20, maxTailSize: 20 }), budget);
    const known = (): number => new Set(take.mock.results.map(({ value }) => value)).size;
    for (const publication of log.slice(0, 500)) tail.append(publication);
    const needed = known();
    for (const publication of log.slice(500)) tail.append(publication);
    expect(known()).toBeLessThanOrEqual(needed + 1);
    expect(take.mock.calls.length).toBeGreaterThan(needed + 10);
  });

  it('pays back exactly what it took', () => {
    const log = logOf(Array.from({ length: 60 }, () => 1));
    fc.assert(
      fc.property(
        fc.nat({ max: 60 }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 20 }),
        (middle, lengths) => {
          // Over its limit of 0 bytes by whatever it holds.
          const budget = new TailBudget(0);
          const tail = new Tail('room', positions(log)[middle]!, optionsOf({ tailSize: 5 }), budget);
          tail.prepend(log.slice(0, middle));
          expect(budget.exceeded).toBe(middle > 0);
          for (const publication of log.slice(middle)) tail.append(publication);
          for (const length of lengths) tail.trim(length);
          expect(budget.exceeded).toBe(tail.length > 0);
          tail.trim(0);
          budget.add(1);
          expect(budget.exceeded).toBe(true);
          budget.add(-1);
          expect(budget.exceeded).toBe(false);
        },
      ),
    );
  });
});
