// Whatever the server and the network answer: each message is stored once, in the order of the calls, or refused.
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { ChatError } from '../../client/src/errors.js';
import { Lane } from '../../client/src/lane.js';
import type { Answer, Link } from '../../client/src/link.js';
import type { Frame } from '../../client/src/wire.js';

/** What becomes of one transmission. `stored lost`: the server has it, and the connection ends before its ACK. */
const FATE = fc.constantFrom('stored', 'stored lost', 'lost', 'UNAVAILABLE', 'RATE_LIMITED', 'CONFLICT');

/** A log like the server's: an id is stored once. */
class World {
  readonly log: string[] = [];
  readonly #lane: Lane;
  #link: Link | undefined;

  constructor(
    private readonly fates: string[],
    limit: number,
  ) {
    this.#lane = new Lane({ link: () => this.#link, limit, timeoutMs: 3_600_000 });
    this.reconnect();
  }

  push(id: string): Promise<string> {
    return this.#lane.push(id).then(
      () => 'stored',
      (error: ChatError) => error.code,
    );
  }

  reconnect(): void {
    const link = { request: (id: string, answer: Answer) => this.#receive(id, answer) };
    this.#link = link as unknown as Link;
    this.#lane.pump();
  }

  #receive(id: string, answer: Answer): void {
    const fate = this.fates.shift() ?? 'stored';
    if (fate.startsWith('stored') && !this.log.includes(id)) this.log.push(id);
    // Answers come in a later turn, as from a network.
    setTimeout(() => this.#answer(fate, answer), 10);
  }

  #answer(fate: string, answer: Answer): void {
    if (fate === 'stored') return answer({ type: 'ACK' } as Frame);
    if (fate === 'CONFLICT') return answer(new ChatError('CONFLICT', fate));
    if (!fate.endsWith('lost'))
      return answer(new ChatError('UNAVAILABLE', fate, { retryable: true, retryAfterMs: 5 }));
    this.#link = undefined;
    setTimeout(() => this.reconnect(), 100);
    answer(new ChatError('DISCONNECTED', fate, { retryable: true }));
  }
}

describe('sends', () => {
  afterEach(() => void jest.useRealTimers());

  it('are stored once and in order, whatever becomes of each transmission', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(FATE, { maxLength: 40 }),
        async (count, fates) => {
          jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
          const world = new World([...fates], count);
          const ids = Array.from({ length: count }, (_, index) => `m${index}`);
          const outcomes = Promise.all(ids.map((id) => world.push(id)));
          await jest.advanceTimersByTimeAsync(600_000);
          const stored = (await outcomes).flatMap((outcome, index) =>
            outcome === 'stored' ? [ids[index]] : [],
          );
          expect(world.log).toEqual(ids.filter((id) => world.log.includes(id)));
          expect(world.log).toEqual(expect.arrayContaining(stored));
          const refused = ids.filter((id) => !world.log.includes(id));
          expect(refused.length).toBeLessThanOrEqual(fates.filter((fate) => fate === 'CONFLICT').length);
          expect(jest.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are refused beyond their number, when their time is up, and when they are given up', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
    const lane = new Lane({ link: () => undefined, limit: 2, timeoutMs: 1_000 });
    const controller = new AbortController();
    const [first, second] = [lane.push('first'), lane.push('second', controller.signal)];
    await expect(lane.push('third')).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true });
    controller.abort(new Error('given up'));
    await expect(second).rejects.toThrow('given up');
    const expiry = first.catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await expiry).toMatchObject({ code: 'TIMEOUT' });
    expect(jest.getTimerCount()).toBe(0);
  });
});
