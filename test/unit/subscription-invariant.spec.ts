// The invariant of the subscription floor, whatever clients and the broker do: subscribed ⇔ has local members.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { Meter } from '../../src/core/meter.js';
import { CloseCode } from '../../src/protocol/close-codes.js';
import { ChatError } from '../../src/protocol/errors.js';
import { SubscriptionService } from '../../src/subscription/subscription.service.js';
import { FakeConnection } from '../support/fake-connection.js';
import { LONG_MS, settle, turn, useFakeTimers } from '../support/quiescence.js';
import { type Answer, ANSWERS, ScriptedBroker } from '../support/scripted-broker.js';

const ROOMS = ['a', 'b'];
const SEATS = 3;

type Step =
  | {
      readonly kind: 'join';
      readonly seat: number;
      readonly room: string;
      readonly past: 'none' | 'newest' | 'since';
    }
  | { readonly kind: 'leave'; readonly seat: number; readonly room: string }
  | { readonly kind: 'disconnect'; readonly seat: number }
  | { readonly kind: 'answer'; readonly which: number; readonly answer: Answer }
  | { readonly kind: 'publish'; readonly room: string }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'interrupt' };

const seat = fc.nat({ max: SEATS - 1 });
const room = fc.constantFrom(...ROOMS);
const past = fc.constantFrom('none' as const, 'newest' as const, 'since' as const);
const answer = fc.oneof({ weight: 4, arbitrary: fc.constant('done' as const) }, fc.constantFrom(...ANSWERS));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('join' as const), seat, room, past }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('leave' as const), seat, room }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('disconnect' as const), seat }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat({ max: 20 }), answer }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('publish' as const), room }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 60, LONG_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('interrupt' as const) }) },
);
/** Some steps follow in the same turn of the event loop, others after it. */
const steps = fc.array(fc.tuple(step, fc.boolean()), { maxLength: 100, size: 'max' });

/** One of each seat. */
const joins = fc.array(fc.record({ room, past }), { minLength: SEATS, maxLength: SEATS });

/** The rooms of one client after another, whose commands run one by one, as the gateway runs them. */
class Seat {
  connection = new FakeConnection();
  readonly gone: FakeConnection[] = [];
  readonly rooms = new Set<string>();
  #commands: Promise<void> = Promise.resolve();
  busy = 0;

  enqueue(command: (connection: FakeConnection) => Promise<void> | void): void {
    const { connection } = this;
    this.busy++;
    this.#commands = this.#commands.then(() => command(connection)).finally(() => this.busy--);
  }

  replace(): void {
    this.gone.push(this.connection);
    this.connection = new FakeConnection();
    this.rooms.clear();
  }
}

class World {
  readonly broker = new ScriptedBroker(8).holdAll();
  readonly service: SubscriptionService;
  /** Of joins; expected while the broker fails, and of those who have gone. */
  readonly failures: unknown[] = [];
  readonly seats = Array.from({ length: SEATS }, () => new Seat());

  constructor(lingerMs: number) {
    this.service = new SubscriptionService(
      this.broker,
      {
        tailSize: 3,
        maxTailSize: 8,
        tailBudgetBytes: 1_000_000,
        lingerMs,
        headCheckIntervalMs: 1_000_000_000,
      },
      new Meter(),
    );
    this.service.onApplicationBootstrap();
  }

  do(next: Step): void {
    switch (next.kind) {
      case 'join':
        return this.#join(next);
      case 'leave':
        return this.#leave(next);
      case 'disconnect':
        return this.disconnect(this.seats[next.seat]!);
      case 'answer': {
        const { pending } = this.broker;
        return pending[next.which % Math.max(1, pending.length)]?.answer(next.answer);
      }
      case 'publish':
        return this.broker.deliver(next.room, ...this.broker.store(next.room, `m ${Math.random()}`));
      case 'pass':
        return jest.advanceTimersByTime(next.ms);
      case 'interrupt':
        return this.broker.interrupt();
    }
  }

  disconnect(who: Seat): void {
    who.connection.close(CloseCode.DRAINING);
    this.service.leaveAll(who.connection);
    who.replace();
  }

  async settle(): Promise<void> {
    // One timer is the service's own clock.
    await settle(this.broker, () => this.seats.every(({ busy }) => busy === 0), 1);
  }

  /** What is, beside what should be. */
  compare(): { actual: object; expected: object } {
    const wanted = ROOMS.filter((each) => this.seats.some(({ rooms }) => rooms.has(each)));
    const membershipsOf = ({ connection }: Seat): boolean[] =>
      ROOMS.map((each) => this.service.isMember(connection, each));
    return {
      actual: {
        subscribed: [...this.broker.subscribed].toSorted(),
        roomCount: this.service.roomCount,
        counts: this.seats.map(({ connection }) => this.service.countOf(connection)),
        members: this.seats.map(membershipsOf),
        ofTheGone: this.seats.flatMap(({ gone }) => gone).filter((each) => this.service.countOf(each) > 0),
      },
      expected: {
        subscribed: wanted,
        roomCount: wanted.length,
        counts: this.seats.map(({ rooms }) => rooms.size),
        members: this.seats.map(({ rooms }) => ROOMS.map((each) => rooms.has(each))),
        ofTheGone: [],
      },
    };
  }

  #join({ seat: index, room: name, past: wanted }: Step & { kind: 'join' }): void {
    const who = this.seats[index]!;
    who.enqueue(async (connection) => {
      const since = { epoch: 'first', offset: 1 };
      const request = wanted === 'newest' ? { history: 2 } : wanted === 'since' ? { since } : {};
      try {
        const joined = await this.service.join(connection, name, request);
        if (connection === who.connection) who.rooms.add(name);
        joined.start();
      } catch (error) {
        this.failures.push(error);
      }
    });
  }

  #leave({ seat: index, room: name }: Step & { kind: 'leave' }): void {
    const who = this.seats[index]!;
    who.enqueue((connection) => {
      this.service.leave(connection, name);
      if (connection === who.connection) who.rooms.delete(name);
    });
  }
}

describe('SubscriptionService', () => {
  beforeEach(() => {
    useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('subscribes exactly the rooms which have local members, once everything has settled', async () => {
    await fc.assert(
      fc.asyncProperty(steps, joins, fc.constantFrom(0, 1, 100), async (plan, lastJoins, lingerMs) => {
        // What a failed run has left behind must not fail the next one.
        jest.clearAllTimers();
        const world = new World(lingerMs);
        for (const [next, waits] of plan) {
          world.do(next);
          if (waits) await turn();
        }
        await world.settle();
        expect(world.compare().actual).toEqual(world.compare().expected);
        expect(world.failures.filter((error) => !(error instanceof ChatError))).toEqual([]);

        // The broker answers again: whatever happened before, everybody gets in.
        const failed = world.failures.length;
        for (const [index, each] of lastJoins.entries()) world.do({ kind: 'join', seat: index, ...each });
        await world.settle();
        expect(world.failures.slice(failed)).toEqual([]);
        expect(world.compare().actual).toEqual(world.compare().expected);

        for (const each of world.seats) world.disconnect(each);
        await world.settle();
        expect([...world.broker.subscribed]).toEqual([]);
        expect(world.service.roomCount).toBe(0);
        await expectNoFeeds(world);
        await world.service.onApplicationShutdown();
        expect(jest.getTimerCount()).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** An open room would have its head compared after an interruption. */
async function expectNoFeeds(world: World): Promise<void> {
  const asked = world.broker.headsAsked.length;
  world.broker.interrupt();
  await world.settle();
  expect(world.broker.headsAsked.slice(asked)).toEqual([]);
}
