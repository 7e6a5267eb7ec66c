// Typing: told while it lasts, over by itself, and never to the typist.
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { encodeSignal } from '../../src/core/room-signal.js';
import { type Guest, PresenceWorld, ROOM, stopClock, tick } from '../support/presence-world.js';

let world: PresenceWorld;
let ada: Guest;
let bob: Guest;

beforeEach(async () => {
  stopClock();
  world = new PresenceWorld();
  await world.start();
  [ada, bob] = (await world.joinAll('ada', 'bob')) as [Guest, Guest];
  ada.news();
});

afterEach(async () => {
  await world.stop();
  jest.useRealTimers();
});

async function types(guest: Guest, typing = true): Promise<void> {
  world.rooms.typing(guest, { room: ROOM, typing });
  await tick();
}

it('is told to the others, and over when the typist says so', async () => {
  await types(bob);
  expect(ada.news()).toEqual(['typing bob']);
  await types(bob, false);
  expect(ada.news()).toEqual(['silent bob']);
  await tick(60_000);
  expect(ada.news()).toEqual([]);
  expect(bob.news()).toEqual([]);
});

it('is over by itself after six seconds', async () => {
  await types(bob);
  await tick(5_900);
  expect(ada.news()).toEqual(['typing bob']);
  await tick(200);
  expect(ada.news()).toEqual(['silent bob']);
});

it('reaches the others again after three seconds at the earliest, and lasts while it is renewed', async () => {
  for (let second = 0; second < 20; second++) {
    await types(bob);
    await tick(1_000);
  }
  expect(ada.news()).toEqual(Array.from({ length: 7 }, () => 'typing bob'));
  await tick(5_000);
  expect(ada.news()).toEqual(['silent bob']);
});

it('is not told to other tabs of the typist', async () => {
  const tab = await world.join('bob');
  await types(bob);
  await types(bob, false);
  expect(tab.news()).toEqual([]);
});

it('is over when the typist leaves, or is gone', async () => {
  await types(bob);
  await world.leave(bob);
  expect(ada.news()).toEqual(['typing bob', 'silent bob', '-bob 1']);
  const eve = await world.join('eve');
  await types(eve);
  await world.vanish(eve);
  expect(ada.news()).toEqual(['+eve 2', 'typing eve', 'silent eve']);
});

it('that another instance told is over though it never says so', async () => {
  const signal = encodeSignal({ type: 'typing', member: { id: 'kim', name: 'kim' }, typing: true });
  await world.broker.signal(ROOM, signal);
  await tick();
  expect(ada.news()).toEqual(['typing kim']);
  await tick(6_000);
  expect(ada.news()).toEqual(['silent kim']);
});

it('that nobody knows of is not told to be over', async () => {
  await types(bob, false);
  await tick(10_000);
  await types(bob);
  await tick(6_000);
  ada.news();
  await types(bob, false);
  expect(ada.news()).toEqual([]);
});

it('is dropped for who is too slow, without making up for it', async () => {
  ada.take(0);
  await types(bob);
  ada.take(Infinity);
  await tick();
  expect(ada.news()).toEqual([]);
});

it('of more than fifty at a time is not told', async () => {
  for (let n = 0; n < 60; n++) {
    const member = { id: `u${n}`, name: `u${n}` };
    await world.broker.signal(ROOM, encodeSignal({ type: 'typing', member, typing: true }));
  }
  await tick();
  expect(ada.news()).toHaveLength(50);
});

it('is not told in the largest rooms', async () => {
  await world.joinElsewhere(...Array.from({ length: 10 }, (_, n) => `u${n}`));
  await tick(2_000);
  ada.news();
  await types(bob);
  expect(ada.news()).toEqual([]);
});

it('takes being in the room', async () => {
  await world.leave(bob);
  expect(() => world.rooms.typing(bob, { room: ROOM, typing: true })).toThrow(
    expect.objectContaining({ code: 'NOT_SUBSCRIBED' }),
  );
});
