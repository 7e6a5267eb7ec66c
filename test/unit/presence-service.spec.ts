// Presence on one instance: who counts as here, and what the store and the members are told of it, and when.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PresenceWorld, ROOM, stopClock, tick } from '../support/presence-world.js';

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

describe('a member', () => {
  it('is told how many there are, itself included, and then who else comes and goes', async () => {
    const ada = await world.join('ada');
    const bob = await world.join('bob');
    await world.joinElsewhere('eve');
    await world.leave(bob);
    await world.leaveElsewhere('eve');
    expect([ada.members, bob.members]).toEqual([1, 2]);
    expect(ada.news()).toEqual(['+bob 2', '+eve 3', '-bob 2', '-eve 1']);
    expect(bob.news()).toEqual(['+eve 3']);
    await tick(60_000);
    expect(ada.news()).toEqual([]);
  });

  it('is a user: tabs come and go without a word, here and elsewhere', async () => {
    const ada = await world.join('ada');
    const tabs = await world.joinAll('bob', 'bob', 'bob');
    await world.joinElsewhere('bob');
    expect(tabs.map(({ members }) => members)).toEqual([2, 2, 2]);
    for (const tab of tabs) await world.leave(tab);
    await tick(10_000);
    expect(ada.news()).toEqual(['+bob 2']);
    await world.leaveElsewhere('bob');
    expect(ada.news()).toEqual(['-bob 1']);
  });

  it('who subscribes again is counted once', async () => {
    const ada = await world.join('ada');
    const again = world.rooms.join(ada, { room: ROOM });
    await tick();
    expect((await again).reply.members).toBe(1);
    await world.leave(ada);
    expect(await world.idsInStore()).toEqual([]);
  });

  it('of two rooms leaves both when its connection is lost', async () => {
    const ada = await world.join('ada');
    const joining = world.rooms.join(ada, { room: 'other' });
    await tick();
    await joining;
    await world.vanish(ada);
    await tick(3_000);
    expect(await world.idsInStore()).toEqual([]);
    expect((await world.inner.rooms(10)).rooms).toEqual([]);
  });
});

describe('the grace', () => {
  it('lets a lost connection come back as if nothing had been', async () => {
    const ada = await world.join('ada');
    const bob = await world.join('bob');
    await world.vanish(bob);
    await tick(2_900);
    expect((await world.join('bob')).members).toBe(2);
    await tick(60_000);
    expect(ada.news()).toEqual(['+bob 2']);
    expect(await world.idsInStore()).toEqual(['ada', 'bob']);
  });

  it('lets it come back elsewhere', async () => {
    const ada = await world.join('ada');
    const bob = await world.join('bob');
    await world.vanish(bob);
    await world.joinElsewhere('bob');
    await tick(60_000);
    expect(ada.news()).toEqual(['+bob 2']);
    await world.leaveElsewhere('bob');
    expect(ada.news()).toEqual(['-bob 1']);
  });

  it('ends: then the user has left, once', async () => {
    const ada = await world.join('ada');
    const bob = await world.join('bob');
    await world.vanish(bob);
    await tick(2_900);
    expect(ada.news()).toEqual(['+bob 2']);
    await tick(200);
    expect(ada.news()).toEqual(['-bob 1']);
    expect(await world.idsInStore()).toEqual(['ada']);
  });

  it('is not given to who says that it leaves', async () => {
    const ada = await world.join('ada');
    await world.leave(await world.join('bob'));
    expect(ada.news()).toEqual(['+bob 2', '-bob 1']);
  });

  it('of the last one here does not hide who came meanwhile', async () => {
    const ada = await world.join('ada');
    await world.vanish(ada);
    await tick(2_000);
    await world.joinElsewhere('bob', 'eve');
    const again = await world.join('ada');
    expect(again.members).toBe(3);
    await tick(60_000);
    expect(again.news()).toEqual([]);
  });

  it('of a draining instance is given by the store', async () => {
    await world.join('ada');
    const bob = await world.join('bob');
    await world.joinElsewhere('eve');
    await world.vanish(bob);
    await world.presence.beforeApplicationShutdown();
    const lease = await world.elsewhere();
    const terms = { durationMs: 86_400_000, claimMs: 10_000, fresh: false };
    const first = await world.inner.renew(lease.id, terms);
    expect(first).toMatchObject({ claimed: [], nextMs: 3_000 });
    await world.joinElsewhere('bob');
    await tick(3_000);
    const { claimed } = await world.inner.renew(lease.id, terms);
    expect(claimed).toHaveLength(1);
    await world.inner.reap(claimed[0]!);
    expect(await world.idsInStore()).toEqual(['bob', 'eve']);
  });
});

describe('while the store is away', () => {
  it.each(['refusing', 'hanging'] as const)(
    '(%s) a join is answered soon, as far as is known',
    async (health) => {
      await world.join('ada');
      await world.joinElsewhere('eve');
      world.health = health;
      const bob = await world.join('bob', { waitMs: 500 });
      expect(bob.members).toBe(2);
      const eve = await world.join('kim', { waitMs: 500 });
      expect(eve.members).toBe(3);
    },
  );

  it('joins and leaves are kept, told when it is back, and who was told a wrong number hears the right one', async () => {
    const ada = await world.join('ada');
    const bob = await world.join('bob');
    world.health = 'refusing';
    await world.leave(bob);
    const kim = await world.join('kim', { waitMs: 500 });
    await world.joinElsewhere('eve', 'joe');
    ada.news();
    kim.news();
    world.health = 'serving';
    await tick(2_500);
    expect(await world.idsInStore()).toEqual(['ada', 'eve', 'joe', 'kim']);
    expect(kim.news()).toContain('4');
    expect(ada.news()).toEqual(['-bob 3', '+kim 4']);
  });

  it('or only a part of it, what failed is tried again soon', async () => {
    await world.join('ada');
    world.refused = 'register';
    await world.join('bob', { waitMs: 500 });
    world.refused = undefined;
    await tick(2_500);
    expect(await world.idsInStore()).toEqual(['ada', 'bob']);
  });

  it('who came and went is not told at all', async () => {
    const ada = await world.join('ada');
    world.health = 'refusing';
    await world.leave(await world.join('bob', { waitMs: 500 }));
    world.health = 'serving';
    await tick(2_500);
    expect(ada.news()).toEqual([]);
    expect(await world.idsInStore()).toEqual(['ada']);
  });
});
