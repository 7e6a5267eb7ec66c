// Whatever connections come, go and overlap: a room's messages are heard once, in order, and without a hole.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { RoomEvents } from '../../client/src/api.js';
import { Emitter } from '../../client/src/emitter.js';
import { Feed } from '../../client/src/feed.js';
import type { FrameOf } from '../../client/src/wire.js';

type Step =
  /** So many messages are stored. */
  | { readonly kind: 'publish'; readonly count: number }
  /** The server sends so many of those which this connection has not had yet. */
  | { readonly kind: 'deliver'; readonly count: number }
  /** Another connection resumes from where the client was some messages ago: it repeats what lies between. */
  | { readonly kind: 'reconnect'; readonly repeats: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ kind: fc.constant('reconnect' as const), repeats: fc.integer({ min: 0, max: 4 }) }),
);

/** A log whose offsets rise by `stride`, as where brokers share one. */
class World {
  readonly heard: number[] = [];
  readonly feed: Feed;
  #head = 0;
  /** Up to where the current connection has been served. */
  #served = 0;

  constructor(private readonly stride: number) {
    const emitter = new Emitter<RoomEvents>();
    emitter.on('message', ({ offset }) => this.heard.push(offset));
    emitter.on('reset', () => this.heard.push(Number.NaN));
    this.feed = new Feed(emitter, undefined);
    this.#subscribe();
  }

  get log(): number[] {
    return Array.from({ length: this.#head }, (_, index) => (index + 1) * this.stride);
  }

  run(step: Step): void {
    if (step.kind === 'publish') this.#head += step.count;
    else if (step.kind === 'deliver') this.#deliver(step.count);
    else {
      this.#served = Math.max(0, this.#served - step.repeats);
      this.#subscribe();
    }
  }

  deliverAll(): void {
    this.#deliver(Infinity);
  }

  #subscribe(): void {
    const recovered = this.feed.position ? { recovered: true } : {};
    const offset = this.#head * this.stride;
    const frame = { epoch: 'e1', offset, replayed: this.#head - this.#served, ...recovered };
    this.feed.onSubscribed(frame as FrameOf<'SUBSCRIBED'>);
  }

  #deliver(count: number): void {
    const end = Math.min(this.#head, this.#served + count);
    while (this.#served < end) {
      const offset = ++this.#served * this.stride;
      this.feed.onMessage({ offset, messageId: `m${offset}` } as FrameOf<'MESSAGE'>);
    }
  }
}

describe('messages', () => {
  it('are heard once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 40 }), fc.constantFrom(1, 3), async (steps, stride) => {
        const world = new World(stride);
        world.feed.release();
        await Promise.resolve();
        for (const step of steps) world.run(step);
        world.deliverAll();
        expect(world.heard).toEqual(world.log);
        expect(world.feed.position?.offset ?? 0).toBe(world.log.at(-1) ?? 0);
      }),
      { numRuns: 500 },
    );
  });
});

it('a reset is heard once, and what it had before is passed over without a word', async () => {
  const heard: unknown[] = [];
  const emitter = new Emitter<RoomEvents>();
  emitter.on('message', ({ messageId }) => heard.push(messageId));
  emitter.on('reset', ({ epoch, offset }) => heard.push([epoch, offset]));
  const feed = new Feed(emitter, undefined);
  feed.release();
  await Promise.resolve();
  const reset = (epoch: string, offset: number): void =>
    feed.onReset({ epoch, offset, reason: 'broker_data_lost' } as FrameOf<'RESET'>);
  const message = (offset: number, messageId: string): void =>
    feed.onMessage({ offset, messageId } as FrameOf<'MESSAGE'>);
  feed.onSubscribed({ epoch: 'e1', offset: 0, replayed: 0 } as FrameOf<'SUBSCRIBED'>);
  message(1, 'm1');
  reset('e2', 0);
  reset('e2', 1);
  message(2, 'm2');
  // A fork goes back.
  reset('e2', 1);
  message(2, 'f2');
  expect(heard).toEqual(['m1', ['e2', 0], 'm2', ['e2', 1], 'f2']);
});
