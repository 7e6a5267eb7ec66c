// How members hear of each other: one by one in small rooms, merged in large ones, the number alone in the largest.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { encodeSignal, type MembersSignal } from '../../src/core/room-signal.js';
import { Guest, PresenceWorld, ROOM, stopClock, tick } from '../support/presence-world.js';

const SUMMARY_SIZE = 5;
const COUNT_SIZE = 10;
const SUMMARY_MS = 2_000;
const RECOUNT_MS = 5_000;

let world: PresenceWorld;
let ada: Guest;

beforeEach(async () => {
  stopClock();
  world = new PresenceWorld();
  await world.start();
  ada = await world.join('ada');
});

afterEach(async () => {
  await world.stop();
  jest.useRealTimers();
});

/** u1 … u<count> */
function names(count: number, prefix = 'u'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

async function fill(members: number): Promise<void> {
  await world.joinElsewhere(...names(members - 1));
  await tick(SUMMARY_MS);
  ada.news();
}

/** A signal as another instance's change sends it. */
async function signal(more: Partial<MembersSignal>): Promise<void> {
  const nothing = { type: 'members', joined: [], left: [], members: 1, version: 1, previous: 0 } as const;
  await world.broker.signal(ROOM, encodeSignal({ ...nothing, ...more }));
  await tick();
}

describe('in a small room', () => {
  it('each of a batch is told by itself, with the number after all of them', async () => {
    await world.joinElsewhere('bob', 'eve', 'kim');
    await world.leaveElsewhere('eve', 'bob');
    expect(ada.news()).toEqual(['+bob 4', '+eve 4', '+kim 4', '-eve 2', '-bob 2']);
  });

  it('of those who come at once, each is left with the right number', async () => {
    const guests = ['bob', 'eve', 'kim'].map((id) => new Guest(id));
    const joining = Promise.all(guests.map((guest) => world.rooms.join(guest, { room: ROOM })));
    await tick();
    const outcomes = await joining;
    for (const joined of outcomes) joined.start();
    await tick();
    for (const [index, guest] of guests.entries()) {
      const last = guest.news().at(-1) ?? `SUBSCRIBED ${outcomes[index]!.reply.members}`;
      expect(last).toMatch(/ 4$/);
    }
  });

  it('nobody hears of its own coming and going', async () => {
    const tab = await world.join('bob');
    await world.leave(await world.join('eve'));
    expect(tab.news()).toEqual(['+eve 3', '-eve 2']);
  });
});

describe('in a large room', () => {
  it('those who come and go are told together, every two seconds', async () => {
    await fill(SUMMARY_SIZE + 1);
    await world.joinElsewhere('bob');
    await tick(SUMMARY_MS / 2);
    await world.joinElsewhere('eve');
    await world.leaveElsewhere('u1', 'u2');
    expect(ada.news()).toEqual([]);
    await tick(SUMMARY_MS / 2);
    expect(ada.news()).toEqual([`${SUMMARY_SIZE + 1} +bob +eve -u1 -u2`]);
    await world.leaveElsewhere('bob');
    await tick(SUMMARY_MS);
    expect(ada.news()).toEqual([`-bob ${SUMMARY_SIZE}`]);
    await tick(60_000);
    expect(ada.news()).toEqual([]);
  });

  it('who comes and goes within one summary is not in it', async () => {
    await fill(SUMMARY_SIZE + 1);
    await world.joinElsewhere('bob');
    await world.leaveElsewhere('u1');
    await world.leaveElsewhere('bob');
    await world.joinElsewhere('u1');
    await tick(60_000);
    expect(ada.news()).toEqual([]);
  });

  it('that shrinks, nobody is told to have left before it is told to have come', async () => {
    await fill(SUMMARY_SIZE);
    await world.joinElsewhere('bob');
    await world.leaveElsewhere('u1', 'u2');
    expect(ada.news()).toEqual([]);
    await tick(SUMMARY_MS);
    expect(ada.news()).toEqual([`${SUMMARY_SIZE - 1} +bob -u1 -u2`]);
    await world.leaveElsewhere('bob');
    expect(ada.news()).toEqual([`-bob ${SUMMARY_SIZE - 2}`]);
  });

  it('of more than 500 changes the number alone is told', async () => {
    const crowd = new PresenceWorld({ countSize: 1_000 });
    await crowd.start();
    const member = await crowd.join('ada');
    await crowd.joinElsewhere(...names(450));
    await crowd.joinElsewhere(...names(51, 'v'));
    await tick(SUMMARY_MS);
    expect(member.news()).toEqual(['502']);
    await crowd.joinElsewhere(...names(10, 'w'));
    await tick(SUMMARY_MS);
    expect(member.news()).toEqual([['512', ...names(10, '+w')].join(' ')]);
    await crowd.stop();
  });
});

it('in the largest rooms only the number is told', async () => {
  await fill(COUNT_SIZE);
  await world.joinElsewhere('bob', 'eve');
  await world.leaveElsewhere('u1');
  await tick(SUMMARY_MS);
  expect(ada.news()).toEqual([`${COUNT_SIZE + 1}`]);
  await world.leaveElsewhere('u2');
  await tick(SUMMARY_MS);
  expect(ada.news()).toEqual([`${COUNT_SIZE} -u2`]);
});

describe('what goes wrong on the way', () => {
  it('a lost signal shows by the next one: the members are told the number, for their lists may be outdated', async () => {
    const version = Date.now() * 1_000 + 1_000_000;
    const bob = { id: 'bob', name: 'bob' };
    await signal({ joined: [bob], members: 3, version: version + 2, previous: version + 1 });
    await tick(SUMMARY_MS);
    expect(ada.news()).toEqual(['3']);
    await signal({ left: [bob], members: 2, version: version + 3, previous: version + 2 });
    expect(ada.news()).toEqual(['-bob 2']);
  });

  it('a lost signal shows after an interruption, too', async () => {
    const { broker } = world;
    await broker.unsubscribe(ROOM);
    await world.joinElsewhere('bob');
    await world.leaveElsewhere('bob');
    await broker.subscribe(ROOM);
    world.subscriptions.onInterrupted();
    await tick(SUMMARY_MS);
    expect(ada.news()).toEqual(['1']);
    world.subscriptions.onInterrupted();
    await tick(60_000);
    expect(ada.news()).toEqual([]);
  });

  it('is no news where all were only registered again, though a signal of that was lost', async () => {
    await world.joinElsewhere('bob', 'eve', 'kim');
    ada.news();
    world.loseData();
    await world.broker.unsubscribe(ROOM);
    world.subscriptions.onInterrupted();
    while ((await world.idsInStore()).length === 0) await tick(1);
    await world.registerElsewhere(['bob'], false);
    await world.broker.subscribe(ROOM);
    await tick(RECOUNT_MS - 1_000);
    await world.registerElsewhere(['eve'], false);
    await tick(RECOUNT_MS - 1_000);
    await world.registerElsewhere(['kim'], false);
    world.subscriptions.onInterrupted();
    await tick(60_000);
    expect(ada.news()).toEqual([]);
    await world.leaveElsewhere('bob');
    expect(ada.news()).toEqual(['-bob 3']);
  });

  it('a signal that comes late takes nobody back to an older number', async () => {
    const version = Date.now() * 1_000 + 1_000_000;
    const [bob, eve] = ['bob', 'eve'].map((id) => ({ id, name: id }));
    await signal({ joined: [eve!], members: 3, version: version + 2, previous: 0 });
    await signal({ joined: [bob!], members: 2, version: version + 1, previous: 0 });
    expect(ada.news()).toEqual(['+eve 3', '+bob 3']);
  });

  it('who was too slow for it is told the number as soon as it keeps up again', async () => {
    ada.take(0);
    await world.joinElsewhere('bob', 'eve');
    await world.leaveElsewhere('bob');
    expect(ada.news()).toEqual([]);
    ada.take(Infinity);
    await tick();
    expect(ada.news()).toEqual(['2']);
    await world.joinElsewhere('kim');
    expect(ada.news()).toEqual(['+kim 3']);
  });

  it('what is no signal of ours is passed over', async () => {
    for (const payload of ['', '{}', 'null', '{"type":"poll"}', '\u0000']) {
      await world.broker.signal(ROOM, Buffer.from(payload));
    }
    await tick(60_000);
    expect(ada.news()).toEqual([]);
  });
});
