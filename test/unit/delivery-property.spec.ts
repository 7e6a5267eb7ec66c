// Whatever a feed loses, repeats or misorders: each member gets exactly the log, in order, or is told.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { DeliveryWorld, type Past, ROOM, SEATS, type Session, type Step } from '../support/delivery-world.js';
import type { NativeFrame } from '../support/fake-connection.js';
import { turn, useFakeTimers } from '../support/quiescence.js';
import { ANSWERS } from '../support/scripted-broker.js';

const seat = fc.nat({ max: SEATS - 1 });
const count = fc.integer({ min: 1, max: 6 });

function constant<T extends string>(kind: T): fc.Arbitrary<T> {
  return fc.constant(kind);
}

const past: fc.Arbitrary<Past> = fc.oneof(
  fc.record({ kind: constant('none') }),
  fc.record({ kind: constant('newest'), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    kind: constant('since'),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    id: fc.constantFrom('right' as const, 'right' as const, 'none' as const, 'wrong' as const),
  }),
);
const does = fc.constantFrom(
  'deliver' as const,
  'deliver' as const,
  'lose' as const,
  'repeat' as const,
  'overtake' as const,
);
const answer = fc.oneof({ weight: 4, arbitrary: fc.constant('done' as const) }, fc.constantFrom(...ANSWERS));
const common: fc.WeightedArbitrary<Step>[] = [
  { weight: 6, arbitrary: fc.record({ kind: constant('say'), count }) },
  { weight: 8, arbitrary: fc.record({ kind: constant('wire'), does, count }) },
  { weight: 1, arbitrary: fc.record({ kind: constant('wire'), does: constant('stale'), count }) },
  { weight: 4, arbitrary: fc.record({ kind: constant('join'), seat, past }) },
  { weight: 1, arbitrary: fc.record({ kind: constant('leave'), seat }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: constant('take'), seat, frames: fc.constantFrom(0, 0, 1, 3, 1_000) }),
  },
  { weight: 10, arbitrary: fc.record({ kind: constant('answer'), which: fc.nat({ max: 5 }), answer }) },
  { weight: 2, arbitrary: fc.record({ kind: constant('pass'), ms: fc.constantFrom(0, 5, 3_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: constant('interrupt') }) },
];
const losses: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 1,
    arbitrary: fc.record({
      kind: constant('lose data'),
      share: fc.oneof(fc.constant(undefined), fc.double({ min: 0, max: 1, noNaN: true })),
    }),
  },
];

/** Some steps follow in the same turn of the event loop, others after it. */
function plans(kinds: fc.WeightedArbitrary<Step>[]): fc.Arbitrary<[Step, boolean][]> {
  return fc.array(fc.tuple(fc.oneof(...kinds), fc.boolean()), { maxLength: 120, size: 'max' });
}

/** A world in which all of a plan has happened, and then everything was repaired. */
async function play(world: DeliveryWorld, plan: readonly [Step, boolean][]): Promise<DeliveryWorld> {
  // What a failed run has left behind must not fail the next one.
  jest.clearAllTimers();
  world.begin();
  for (const [step, waits] of plan) {
    world.do(step);
    if (waits) await turn();
  }
  await world.settle();
  return world;
}

describe('the delivery to members', () => {
  beforeEach(() => {
    useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('is exactly the log, from where each one asked for', async () => {
    await fc.assert(
      fc.asyncProperty(plans(common), fc.constantFrom(1_500, 1_000_000), async (plan, tailBudgetBytes) => {
        const world = await play(new DeliveryWorld(1_000, { tailBudgetBytes }), plan);
        const log = world.broker.log(ROOM).published.map(({ messageId }) => messageId);
        for (const session of world.sessions) {
          const frames = world.framesOf(session);
          expect(mayRecover(session, log)).toContain(session.recovered);
          const rest = log.slice(session.position.offset - session.replayed);
          const got = frames.map(({ type, messageId }) => (type === 'MESSAGE' ? messageId : type));
          expect(got).toEqual(session.to === undefined ? rest : rest.slice(0, got.length));
          expect(session.replayed).toBe(expectedReplay(session));
        }
        await world.end();
        expect(jest.getTimerCount()).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  it('has no silent hole, and ends at the head, where the log is trimmed, lost and forked', async () => {
    await fc.assert(
      fc.asyncProperty(plans([...common, ...losses]), async (plan) => {
        const world = await play(new DeliveryWorld(10, {}), plan);
        const { head, published } = world.broker.log(ROOM);
        for (const session of world.sessions) {
          const { holes, offset, sinceTold } = follow(session, world.framesOf(session));
          expect(holes).toEqual([]);
          const ongoing = session.to === undefined;
          expect(ongoing ? offset : head.offset).toBe(head.offset);
          // What came after the last thing it was told is of the log as it is.
          const ofTheLog = sinceTold.map((frame) => published[(frame['offset'] as number) - 1]?.messageId);
          expect(ongoing ? sinceTold.map(({ messageId }) => messageId) : ofTheLog).toEqual(ofTheLog);
        }
        await world.end();
      }),
      { numRuns: 400 },
    );
  });
});

/** One that this instance had not reached when it was asked may be taken for one ahead of the log. */
function mayRecover({ request: { since }, reached, position }: Session, log: readonly string[]): unknown[] {
  if (!since) return [undefined];
  const { offset, messageId } = since;
  const right = offset === 0 ? '' : log[offset - 1];
  if (offset > position.offset || (messageId !== undefined && messageId !== right)) return [false];
  return offset > reached ? [true, false] : [true];
}

function expectedReplay({ request, recovered, position }: Session): number {
  if (request.since) return recovered ? position.offset - request.since.offset : 0;
  return Math.min(request.history ?? 0, position.offset);
}

interface Followed {
  /** Messages which don't follow what came before them. */
  readonly holes: string[];
  readonly offset: number;
  readonly sinceTold: NativeFrame[];
}

/** Walks through a session's frames as a client would: each message is the next one, or the hole was told. */
function follow({ position, replayed }: Session, frames: readonly NativeFrame[]): Followed {
  const holes: string[] = [];
  let offset = position.offset - replayed;
  let sinceTold: NativeFrame[] = [];
  for (const frame of frames) {
    if (frame.type === 'RESET') {
      offset = frame['offset'] as number;
      sinceTold = [];
      continue;
    }
    const { first, last } =
      frame.type === 'GAP'
        ? { first: frame['from'], last: frame['to'] }
        : { first: frame['offset'], last: frame['offset'] };
    if (first !== offset + 1) holes.push(`${JSON.stringify(frame)} after ${offset}`);
    offset = last as number;
    // A fork whose point was trimmed shows as a gap only.
    if (frame.type === 'GAP') sinceTold = [];
    else sinceTold.push(frame);
  }
  return { holes, offset, sinceTold };
}
