// The lease of an instance: what happens to its members when it is lost, and how it notices.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Guest, PresenceWorld, ROOM, stopClock, tick } from '../support/presence-world.js';

const ghost = { user: { id: 'ghost', name: 'ghost' }, since: 0, announce: true };

let world: PresenceWorld;

beforeEach(async () => {
  stopClock();
  world = new PresenceWorld();
  await world.start();
});

afterEach(async () => {
  await world.stop();
  jest.useRealTimers();
});

/** Another instance lives on, and does what survivors do. */
async function reapOurs(): Promise<void> {
  const lease = await world.elsewhere();
  for (let beats = 0; beats < 5; beats++) {
    await tick(10_000);
    const terms = { durationMs: 30_000, claimMs: 60_000, fresh: false };
    const { claimed } = await world.inner.renew(lease.id, terms);
    for (const dead of claimed) await world.inner.reap(dead);
  }
}

describe('a lease that is lost', () => {
  it('to the reapers: for the others all had left, and so join again', async () => {
    const [ada, bob] = (await world.joinAll('ada', 'bob')) as [Guest, Guest];
    world.health = 'refusing';
    await reapOurs();
    expect(await world.idsInStore()).toEqual([]);
    expect(ada.news()).toEqual(['+bob 2', '-bob 0']);
    world.health = 'serving';
    await tick(1_000);
    expect(await world.idsInStore()).toEqual(['ada', 'bob']);
    expect(ada.news()).toEqual(['+bob 2']);
    expect(bob.news()).toEqual(['-ada 0', '+ada 2']);
  });

  it('of a dead instance is reaped as soon as it has run out, not at the next heartbeat', async () => {
    const ada = await world.join('ada');
    await tick(35_000);
    const terms = { durationMs: 30_000, claimMs: 0, fresh: true };
    const { until } = await world.inner.renew('short-lived', terms);
    await world.inner.register({ id: 'short-lived', until }, ROOM, [ghost]);
    await tick(29_900);
    expect(ada.news()).toEqual(['+ghost 2']);
    await tick(200);
    expect(ada.news()).toEqual(['-ghost 1']);
  });

  it('by a pause that nobody noticed is no loss: nothing is said', async () => {
    const ada = await world.join('ada');
    await world.join('bob');
    world.health = 'refusing';
    await tick(45_000);
    world.health = 'serving';
    await tick(60_000);
    expect(ada.news()).toEqual(['+bob 2']);
    expect(await world.idsInStore()).toEqual(['ada', 'bob']);
  });

  it('with the data: all are registered again, quietly, and the numbers are right', async () => {
    const [ada, bob] = (await world.joinAll('ada', 'bob')) as [Guest, Guest];
    world.loseData();
    await tick(11_000);
    expect(await world.idsInStore()).toEqual(['ada', 'bob']);
    await tick(60_000);
    expect(ada.news()).toEqual(['+bob 2']);
    expect(bob.news()).toEqual([]);
    await world.leave(bob);
    expect(ada.news()).toEqual(['-bob 1']);
  });

  it('with the data, where others don’t come back: the members hear the number', async () => {
    const ada = await world.join('ada');
    await world.joinElsewhere('eve');
    world.loseData();
    await tick(60_000);
    expect(ada.news()).toEqual(['+eve 2', '1']);
  });

  it.each([
    ['fewer', ['ada', 'bob'], () => world.inner.unregister(world.lease!, ROOM, ['bob'])],
    ['more', ['ada', 'bob'], () => world.inner.register(world.lease!, ROOM, [ghost])],
  ])('is given up when the store has %s users under it than it should', async (_what, ids, corrupt) => {
    await world.joinAll('ada', 'bob');
    const before = world.lease!.id;
    await corrupt();
    await tick(30_000);
    expect(await world.idsInStore()).not.toEqual(ids);
    world.presence.onInterrupted();
    await tick(30_000);
    expect(await world.idsInStore()).toEqual(ids);
    expect(world.lease!.id).not.toBe(before);
  });

  it('is not given up when the store has what it should, however often that is compared', async () => {
    const [, bob] = (await world.joinAll('ada', 'bob')) as [Guest, Guest];
    const before = world.lease!.id;
    await world.vanish(bob);
    world.presence.onInterrupted();
    await world.join('eve');
    world.presence.onInterrupted();
    await tick(30_000);
    await world.join('kim');
    expect(world.lease!.id).toBe(before);
  });

  it('is not given up for what changed while it was compared', async () => {
    await world.joinAll('ada', 'bob');
    const before = world.lease!.id;
    const { inner } = world;
    const check = inner.check.bind(inner);
    const answered = new Promise<void>((resolve) => {
      inner.check = async (...args) => {
        const states = await check(...args);
        void world.rooms.join(new Guest('eve'), { room: ROOM });
        while ((await world.idsInStore()).length < 3) await new Promise((turn) => setImmediate(turn));
        resolve();
        return states;
      };
    });
    world.presence.onInterrupted();
    await tick();
    await answered;
    await tick(30_000);
    await world.join('kim');
    expect(world.lease!.id).toBe(before);
  });

  it('with the data: who left meanwhile is not registered again', async () => {
    const [ada, bob] = (await world.joinAll('ada', 'bob')) as [Guest, Guest];
    world.health = 'refusing';
    await world.leave(bob);
    world.loseData();
    world.health = 'serving';
    await tick(60_000);
    expect(await world.idsInStore()).toEqual(['ada']);
    expect(ada.news()).toEqual(['+bob 2', '1']);
  });
});
