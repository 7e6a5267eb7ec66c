// Presence contract: whatever instances do, crash, pause and reap, the store has and announces what a model says.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Lease } from '../../src/core/presence-store.js';
import { newRoom } from '../support/drafts.js';
import { linesOf, users } from '../support/members.js';
import { PresenceModel } from '../support/presence-model.js';
import { type OpenPresence, PresenceStage } from '../support/presence-stage.js';

const INSTANCES = 3;

interface Real {
  readonly stage: PresenceStage;
  readonly room: string;
  /** Each instance's. */
  readonly leases: Lease[];
}

/** Hundreds of series of calls; a busy machine may take its time. */
const TIMEOUT_MS = 120_000;

abstract class Step implements fc.AsyncCommand<PresenceModel, Real> {
  constructor(protected readonly instance: number) {}

  abstract check(model: Readonly<PresenceModel>): boolean;
  protected abstract act(model: PresenceModel, real: Real): Promise<void>;
  protected abstract get name(): string;

  async run(model: PresenceModel, real: Real): Promise<void> {
    await this.act(model, real);
    const { count, members } = await real.stage.store.members(real.room, 100);
    assert.deepEqual(members.map(({ id }) => id).toSorted(), model.members);
    assert.equal(count, model.members.length);
  }

  toString(): string {
    return `${this.name} ${this.instance}`;
  }
}

class Join extends Step {
  constructor(
    instance: number,
    private readonly who: readonly string[],
  ) {
    super(instance);
  }

  protected get name(): string {
    return `${this.who.join(',')} join on`;
  }

  check(model: Readonly<PresenceModel>): boolean {
    return model.isRunning(this.instance);
  }

  protected async act(model: PresenceModel, { stage, room, leases }: Real): Promise<void> {
    model.join(this.instance, this.who);
    await stage.store.register(leases[this.instance]!, room, users(...this.who));
  }
}

class Leave extends Step {
  constructor(
    instance: number,
    private readonly who: readonly string[],
  ) {
    super(instance);
  }

  protected get name(): string {
    return `${this.who.join(',')} leave`;
  }

  check(model: Readonly<PresenceModel>): boolean {
    return model.isRunning(this.instance);
  }

  protected async act(model: PresenceModel, { stage, room, leases }: Real): Promise<void> {
    model.leave(this.instance, this.who);
    await stage.elsewhere.unregister(leases[this.instance]!, room, this.who);
  }
}

/** For longer than its lease: for ever, if it never resumes. */
class Pause extends Step {
  protected get name(): string {
    return 'pause';
  }

  /** The others go on renewing theirs. */
  check(model: Readonly<PresenceModel>): boolean {
    return model.isRunning(this.instance) && model.running > 1;
  }

  protected async act(model: PresenceModel, { stage, leases }: Real): Promise<void> {
    model.pause(this.instance);
    await stage.lapse(leases[this.instance]!);
  }
}

/** Goes on: under its lease where nobody has claimed it, else under a new one, with all its users again. */
class Resume extends Step {
  protected get name(): string {
    return 'resume';
  }

  check(model: Readonly<PresenceModel>): boolean {
    return model.isPaused(this.instance);
  }

  protected async act(model: PresenceModel, { stage, room, leases }: Real): Promise<void> {
    const lease = leases[this.instance]!;
    const { held } = await stage.renew(lease, { claimMs: 0 });
    assert.equal(held, model.canRenew(this.instance));
    const present = held ? stage.revive(lease) : await stage.take();
    leases[this.instance] = present;
    const ids = model.resume(this.instance, present.id);
    if (ids.length > 0) await stage.store.register(present, room, users(...ids));
  }
}

/** A heartbeat: reaps all that ran out, or crashes before, so that another has to. */
class Beat extends Step {
  constructor(
    instance: number,
    private readonly crashes: boolean,
  ) {
    super(instance);
  }

  protected get name(): string {
    return this.crashes ? 'claim and crash' : 'beat';
  }

  check(model: Readonly<PresenceModel>): boolean {
    return model.isRunning(this.instance);
  }

  protected async act(model: PresenceModel, { stage, leases }: Real): Promise<void> {
    const { claimed } = await stage.renew(leases[this.instance]!, { claimMs: 0 });
    assert.deepEqual(new Set(claimed), new Set(model.claim()));
    if (this.crashes) return;
    for (const lease of claimed) {
      model.reap(lease);
      await stage.store.reap(lease);
    }
  }
}

const instances = fc.nat({ max: INSTANCES - 1 });
const who = fc.uniqueArray(fc.constantFrom('ada', 'bob', 'eve', 'kim'), { minLength: 1 });
const steps = [
  fc.tuple(instances, who).map(([instance, ids]) => new Join(instance, ids)),
  fc.tuple(instances, who).map(([instance, ids]) => new Leave(instance, ids)),
  instances.map((instance) => new Pause(instance)),
  instances.map((instance) => new Resume(instance)),
  fc.tuple(instances, fc.boolean()).map(([instance, crashes]) => new Beat(instance, crashes)),
];

export function describePresenceModel(open: OpenPresence): void {
  describe('compared with a model', () => {
    let stage: PresenceStage;

    beforeAll(async () => {
      stage = await PresenceStage.open(open);
    });

    afterAll(async () => {
      await stage.close();
    });

    it(
      'has the members, and announces what the model says, through crashes, pauses and half-done reaping',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.commands(steps, { maxCommands: 40 }), async (commands) => {
            await stage.wipe();
            const room = await stage.listen(newRoom());
            const leases: Lease[] = [];
            for (let nth = 0; nth < INSTANCES; nth++) leases.push(await stage.take());
            const model = new PresenceModel(leases.map(({ id }) => id));
            await fc.asyncModelRun(() => ({ model, real: { stage, room, leases } }), commands);
            const announced = await stage.announced(room, model.announced.length);
            expect(linesOf(announced)).toEqual(model.announced);
          }),
          { numRuns: 80 },
        );
      },
      TIMEOUT_MS,
    );
  });
}
