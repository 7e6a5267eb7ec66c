// The frames of a connection on their way in: all, in order, a fair share a turn, and none while commands wait.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { FrameIntake, Paces } from '../../src/gateway/frame-intake.js';
import { eventually } from '../support/deadline.js';
import { turn } from '../support/quiescence.js';

const SHARE = 8;
const HASTY_SHARE = 1;
const TIMEOUT_MS = 20_000;

/** One connection's way in, with what was read, and in which turn of the test's own count. */
class Inlet {
  readonly read: number[] = [];
  readonly turns: number[] = [];
  readonly beats: number[] = [];
  paused = false;
  hasty = false;
  onRead: () => void = () => undefined;
  readonly intake: FrameIntake;
  #sent = 0;

  constructor(
    private readonly paces: Paces,
    private readonly clock: { now: number },
  ) {
    this.intake = new FrameIntake(
      this,
      { pause: () => (this.paused = true), resume: () => (this.paused = false) },
      paces,
    );
  }

  readFrame(data: Buffer): void {
    this.read.push(Number(data.toString()));
    this.turns.push(this.clock.now);
    this.beats.push(this.paces.beats.present);
    this.onRead();
  }

  /** As ws does with a chunk of so many frames. */
  chunk(frames: number): void {
    for (let nth = 0; nth < frames; nth++) this.intake.onFrame(Buffer.from(`${this.#sent++}`), false);
  }

  get all(): number[] {
    return Array.from({ length: this.#sent }, (_, index) => index);
  }

  /** The most that were read in one turn. */
  get most(): number {
    return mostAlike(this.turns);
  }
}

function mostAlike(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

class World {
  readonly clock = { now: 0 };
  readonly #paces = new Paces();

  inlet(): Inlet {
    return new Inlet(this.#paces, this.clock);
  }

  async pass(turns: number): Promise<void> {
    for (let nth = 0; nth < turns; nth++) {
      await turn();
      this.clock.now++;
    }
  }

  async passUntil(done: () => boolean): Promise<void> {
    for (const until = Date.now() + TIMEOUT_MS; !done() && Date.now() < until;) await this.pass(1);
    await this.pass(1);
  }
}

describe('the intake of a connection', () => {
  it('reads what is within its share at once, and leaves the socket alone', () => {
    const inlet = new World().inlet();
    inlet.chunk(SHARE);
    expect(inlet.read).toEqual(inlet.all);
    expect(inlet.paused).toBe(false);
  });

  it('lets others have their turn while one floods', async () => {
    const world = new World();
    const [flooder, other] = [world.inlet(), world.inlet()];
    flooder.chunk(1_000);
    other.chunk(1);
    expect(flooder.read).toHaveLength(SHARE);
    expect(flooder.paused).toBe(true);
    expect(other.read).toEqual(other.all);
    await world.pass(2_000 / SHARE);
    expect(flooder.read).toEqual(flooder.all);
    expect(flooder.paused).toBe(false);
  });

  it('reads no more than so much in a beat from one that is in a hurry, until it is no more', async () => {
    const inlet = new World().inlet();
    inlet.hasty = true;
    inlet.chunk(100);
    const read = (frames: number): void => expect(inlet.read.length).toBeGreaterThanOrEqual(frames);
    await eventually(() => read(60), TIMEOUT_MS, 'most are read');
    expect(mostAlike(inlet.beats)).toBe(HASTY_SHARE);
    inlet.hasty = false;
    await eventually(() => read(100), TIMEOUT_MS, 'all are read');
    expect(inlet.read).toEqual(inlet.all);
    expect(inlet.paused).toBe(false);
  });

  it('reads nothing while too many commands wait, and all of it afterwards', async () => {
    const world = new World();
    const inlet = world.inlet();
    inlet.onRead = () => inlet.intake.pause();
    inlet.chunk(3);
    await world.pass(5);
    expect(inlet.read).toEqual([0]);
    inlet.intake.resume();
    await world.pass(5);
    expect(inlet.read).toEqual([0, 1]);
    inlet.onRead = () => undefined;
    inlet.intake.resume();
    await world.pass(5);
    expect(inlet.read).toEqual(inlet.all);
    expect(inlet.paused).toBe(false);
  });

  it('has no frame, and wants none, once it has ended', async () => {
    const world = new World();
    const inlet = world.inlet();
    inlet.chunk(100);
    inlet.intake.end();
    inlet.intake.resume();
    inlet.chunk(100);
    await world.pass(50);
    expect(inlet.read).toHaveLength(SHARE);
    expect(inlet.paused).toBe(true);
  });

  it('gives each frame once, in order, and no more than a share a turn, whatever comes when', async () => {
    const step = fc.oneof(
      fc.record({ inlet: fc.nat(2), chunk: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ inlet: fc.nat(2), held: fc.boolean() }),
      fc.record({ inlet: fc.nat(2), hasty: fc.boolean() }),
      fc.constant('turn' as const),
    );
    const check = async (steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) => {
      const world = new World();
      const inlets = [world.inlet(), world.inlet(), world.inlet()];
      for (const each of steps) {
        if (each === 'turn') await world.pass(1);
        else if ('chunk' in each) inlets[each.inlet]!.chunk(each.chunk);
        else if ('hasty' in each) inlets[each.inlet]!.hasty = each.hasty;
        else if (each.held) inlets[each.inlet]!.intake.pause();
        else inlets[each.inlet]!.intake.resume();
      }
      for (const inlet of inlets) {
        inlet.hasty = false;
        inlet.intake.resume();
      }
      await world.passUntil(() => inlets.every(({ read, all }) => read.length >= all.length));
      for (const inlet of inlets) {
        expect(inlet.read).toEqual(inlet.all);
        // A turn of the test may have parts of two, and of a beat.
        expect(inlet.most).toBeLessThanOrEqual(2 * SHARE + HASTY_SHARE);
        expect(inlet.paused).toBe(false);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), check), { numRuns: 100 });
  });
});
