// Reads of the past take turns: so many at once, and nobody waits longer than for a call.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CALL_DEADLINE_MS } from '../../src/brokers/link-timing.js';
import { ReadQueue } from '../../src/brokers/read-queue.js';
import { turn, useFakeTimers } from '../support/quiescence.js';

const MANY = 100;
const TOO_MANY = 15_000;

/** A read that a test answers. */
interface Read {
  readonly name: number;
  answer(): void;
  fail(): void;
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, name) => name);
}

describe('the queue of reads', () => {
  let queue: ReadQueue;
  let begun: Read[];
  /** Of each read that has an answer: its name, or what it was refused with. */
  let answers: unknown[];

  beforeEach(() => {
    useFakeTimers();
    [queue, begun, answers] = [new ReadQueue(), [], []];
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  async function ask(count: number): Promise<void> {
    for (let name = 0; name < count; name++) {
      const begin = () =>
        new Promise<number>((resolve, reject) => {
          begun.push({ name, answer: () => resolve(name), fail: () => reject(new Error(`${name} failed`)) });
        });
      queue.run(begin).then(
        (answer) => answers.push(answer),
        (error: Error & { code?: string }) => answers.push(error.code ?? error.message),
      );
    }
    await turn();
  }

  const namesOf = (reads: readonly Read[]): number[] => reads.map(({ name }) => name);

  it('begins some, and the next one whenever one has ended, however it ended', async () => {
    await ask(MANY);
    const atOnce = begun.length;
    expect(atOnce).toBeGreaterThan(1);
    expect(atOnce).toBeLessThan(MANY / 2);
    begun[0]!.answer();
    begun[1]!.fail();
    await turn();
    expect(namesOf(begun)).toEqual(upTo(atOnce + 2));
    expect(answers).toEqual([0, '1 failed']);
  });

  it('answers all, in their order, when each is answered in time', async () => {
    await ask(MANY);
    for (let next = 0; next < MANY; next++) {
      begun[next]!.answer();
      await turn();
    }
    expect(answers).toEqual(upTo(MANY));
  });

  it('refuses those whose answer is not there in time, and never begins those whose turn had not come', async () => {
    await ask(MANY);
    const atOnce = begun.length;
    jest.advanceTimersByTime(CALL_DEADLINE_MS);
    await turn();
    expect(answers).toEqual(Array.from({ length: MANY }, () => 'UNAVAILABLE'));
    for (const read of begun.slice()) read.answer();
    await turn();
    expect(begun).toHaveLength(atOnce);

    await ask(1);
    begun.at(-1)!.answer();
    await turn();
    expect(answers.at(-1)).toBe(0);
  });

  it('refuses at once what is too much to wait', async () => {
    await ask(TOO_MANY);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThan(TOO_MANY / 2);
    expect(new Set(answers)).toEqual(new Set(['UNAVAILABLE']));
  });
});
