// The order of one connection's commands: replies in theirs, whatever finishes first; some commands run alone.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { CommandQueue } from '../../src/gateway/command-queue.js';
import { turn } from '../support/quiescence.js';

const HIGH_WATER = 64;
const LOW_WATER = 16;

/** A queue whose commands end when the test says so. */
class Stage {
  readonly log: string[] = [];
  readonly answered: number[] = [];
  /** Started and not finished, with what finishes them. */
  readonly running = new Map<number, () => void>();
  readonly flow: string[] = [];
  readonly #queue = new CommandQueue({
    pause: () => this.flow.push('pause'),
    resume: () => this.flow.push('resume'),
  });
  #pushed = 0;

  push(alone: boolean, onAnswer: () => void = () => undefined): void {
    const number = this.#pushed++;
    const run = (): Promise<() => void> => {
      this.log.push(`start ${number}`);
      const emit = (): void => {
        this.log.push(`answer ${number}`);
        this.answered.push(number);
        onAnswer();
      };
      return new Promise((resolve) => this.running.set(number, () => resolve(emit)));
    };
    if (alone) this.#queue.pushAlone(run);
    else this.#queue.push(run);
  }

  get pushed(): number {
    return this.#pushed;
  }

  /** Finishes one of those that run: the oldest where `which` is 0. */
  async finish(which = 0): Promise<void> {
    const number = [...this.running.keys()][which % Math.max(1, this.running.size)];
    if (number === undefined) return;
    const done = this.running.get(number)!;
    this.running.delete(number);
    done();
    await turn();
  }

  async finishAll(): Promise<void> {
    while (this.running.size > 0) await this.finish();
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe('CommandQueue', () => {
  it('answers in the order of the commands, whatever is finished first', async () => {
    const commands = fc.array(fc.boolean(), { minLength: 1, maxLength: 30, size: 'max' });
    await fc.assert(
      fc.asyncProperty(commands, fc.array(fc.nat({ max: 30 })), async (alone, choices) => {
        const stage = new Stage();
        for (const each of alone) stage.push(each);
        for (const which of choices) await stage.finish(which);
        expect(stage.answered).toEqual(numbers(stage.answered.length));
        await stage.finishAll();
        expect(stage.answered).toEqual(numbers(alone.length));
      }),
      { numRuns: 300 },
    );
  });

  it('runs alone what is to, after all before it and before all behind it; the others at once', async () => {
    const commands = fc.array(fc.boolean(), { minLength: 1, maxLength: 30, size: 'max' });
    await fc.assert(
      fc.asyncProperty(
        commands,
        fc.array(fc.nat({ max: 30 }), { maxLength: 30, size: 'max' }),
        async (alone, choices) => {
          const stage = new Stage();
          for (const [index, each] of alone.entries()) {
            stage.push(each);
            if (choices[index] !== undefined) await stage.finish(choices[index]);
            expect(startedOf(stage.log)).toEqual(
              numbers(shouldHaveStarted(alone.slice(0, index + 1), stage)),
            );
          }
          await stage.finishAll();
          expect(startedOf(stage.log)).toEqual(numbers(alone.length));
          expect(overlaps(stage.log, alone)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes a command which is pushed by an answer behind those that wait', async () => {
    const stage = new Stage();
    stage.push(false, () => stage.push(true));
    stage.push(false);
    stage.push(true);
    await stage.finish(1);
    await stage.finish();
    await stage.finishAll();
    expect(stage.answered).toEqual([0, 1, 2, 3]);
    expect(overlaps(stage.log, [false, false, true, true])).toEqual([]);
  });

  it('pauses its source once when too many commands wait, and resumes it when few are left', async () => {
    const stage = new Stage();
    for (let pushed = 1; pushed < HIGH_WATER; pushed++) stage.push(false);
    expect(stage.flow).toEqual([]);
    for (let more = 0; more < 10; more++) stage.push(false);
    expect(stage.flow).toEqual(['pause']);
    // Finished, but not answered: the first is still missing.
    for (let finished = 0; finished < 50; finished++) await stage.finish(1);
    expect(stage.flow).toEqual(['pause']);
    await stage.finish();
    while (stage.pushed - stage.answered.length > LOW_WATER + 1) await stage.finish();
    expect(stage.flow).toEqual(['pause']);
    await stage.finish();
    expect(stage.flow).toEqual(['pause', 'resume']);
    await stage.finishAll();
    expect(stage.flow).toEqual(['pause', 'resume']);

    for (let pushed = 0; pushed < HIGH_WATER; pushed++) stage.push(true);
    expect(stage.flow).toEqual(['pause', 'resume', 'pause']);
    expect(stage.running.size).toBe(1);
  });
});

function startedOf(log: readonly string[]): number[] {
  return log.filter((entry) => entry.startsWith('start')).map((entry) => Number(entry.split(' ')[1]));
}

/** How many of the first commands may have been started by now. */
function shouldHaveStarted(alone: readonly boolean[], { answered }: Stage): number {
  const waiting = alone.slice(answered.length);
  if (waiting[0]) return answered.length + 1;
  const next = waiting.indexOf(true);
  return answered.length + (next < 0 ? waiting.length : next);
}

/** Those which were started while one that runs alone had not been answered, or the other way round. */
function overlaps(log: readonly string[], alone: readonly boolean[]): string[] {
  const active = new Set<number>();
  const found: string[] = [];
  for (const entry of log) {
    const number = Number(entry.split(' ')[1]);
    if (entry.startsWith('answer')) active.delete(number);
    else {
      if ([...active].some((other) => alone[other] || alone[number])) found.push(entry);
      active.add(number);
    }
  }
  return found;
}
