// A room on one instance: who joins and leaves, and what that asks of the broker.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CloseCode } from '../../src/protocol/close-codes.js';
import { FakeConnection } from '../support/fake-connection.js';
import { FeedStage, idsOf, ROOM } from '../support/feed-stage.js';
import { settle, turn, useFakeTimers } from '../support/quiescence.js';

const LINGER_MS = 100;

describe('RoomFeed', () => {
  let stage: FeedStage;

  beforeEach(() => {
    useFakeTimers();
    stage = new FeedStage({ lingerMs: LINGER_MS });
  });

  afterEach(() => {
    stage.feed.dispose();
    jest.useRealTimers();
  });

  it('gives who joins without a past the position of the room, and then what is said', async () => {
    stage.store(1, 3);
    const { connection, joined } = await stage.join();
    expect(joined).toMatchObject({
      position: stage.broker.log(ROOM).head,
      replayed: 0,
      recovered: undefined,
    });
    joined.start();
    await turn();
    stage.say(4, 5);
    expect(connection.messageIds).toEqual(idsOf(4, 5));
  });

  it('sends nothing before the answer to the join is on its way, and loses nothing meanwhile', async () => {
    stage.store(1, 5);
    const { connection, joined } = await stage.join({ history: 2 });
    stage.say(6, 8);
    await turn();
    expect(connection.frames).toEqual([]);
    joined.start();
    stage.say(9);
    await turn();
    stage.say(10);
    expect(connection.messageIds).toEqual(idsOf(4, 10));
    expect(joined).toMatchObject({ position: { offset: 5 }, replayed: 2 });
  });

  it('gives what a lost log had, and is stored once more, only to those who have not had it', async () => {
    const witness = await stage.member();
    await turn();
    stage.say(1, 2);
    stage.broker.replaceLog(ROOM, 'second');
    stage.feed.log!.compare(stage.broker.log(ROOM).head);
    await settle(stage.broker);
    const newcomer = await stage.member();
    await turn();
    stage.say(2, 3);
    expect(newcomer.messageIds).toEqual(idsOf(2, 3));
    const heard = witness.frames.map(
      ({ type, messageId, offset }) => messageId ?? `${type} ${String(offset)}`,
    );
    expect(heard).toEqual(['m1', 'm2', 'RESET 0', 'RESET 1', 'm3']);
  });

  it('subscribes and reads once for all who join at the same moment', async () => {
    stage.store(1, 10);
    stage.broker.holdAll();
    const joins = Array.from({ length: 100 }, () => stage.member({ history: 5 }));
    expect(stage.broker.pending).toHaveLength(0);
    await settle(stage.broker);
    const members = await Promise.all(joins);
    await settle(stage.broker);
    for (const { messageIds } of members) expect(messageIds).toEqual(idsOf(6, 10));
    expect(stage.broker.reads).toHaveLength(1);
    expect(stage.feed.size).toBe(100);
  });

  it('answers a second join of a member without a past, and repeats nothing', async () => {
    const connection = await stage.member();
    stage.say(1, 2);
    await turn();
    const again = await stage.feed.join(connection, {});
    again.start();
    stage.say(3);
    await turn();
    expect(again).toMatchObject({ position: { offset: 2 }, replayed: 0, recovered: undefined });
    expect(connection.messageIds).toEqual(idsOf(1, 3));
    expect(stage.feed.size).toBe(1);
  });

  it('replays to a member who joins again with a past, and goes on from there', async () => {
    const connection = await stage.member();
    stage.say(1, 4);
    await turn();
    const { epoch } = stage.broker.log(ROOM).head;
    const again = await stage.feed.join(connection, { since: { epoch, offset: 2 } });
    stage.say(5);
    again.start();
    await turn();
    stage.say(6);
    expect(again).toMatchObject({ recovered: true, replayed: 2, position: { offset: 4 } });
    expect(connection.messageIds).toEqual([...idsOf(1, 4), ...idsOf(3, 6)]);
    expect(stage.feed.size).toBe(1);
  });

  it('repairs what was lost while it opened, if the feed was interrupted then', async () => {
    stage.broker.held.add('history').add('heads');
    const joining = stage.member();
    await turn();
    stage.broker.answer('history');
    stage.store(1, 2);
    // Before the answer is so much as looked at.
    stage.broker.interrupt();
    const connection = await joining;
    await settle(stage.broker);
    expect(connection.messageIds).toEqual(idsOf(1, 2));
  });

  it('sends nothing to who has left, and nothing twice to who stays', async () => {
    const [stays, leaves] = [await stage.member(), await stage.member()];
    stage.say(1);
    await turn();
    stage.say(2);
    expect(stage.feed.leave(leaves)).toBe(true);
    expect(stage.feed.leave(leaves)).toBe(false);
    stage.say(3);
    await turn();
    expect([stays.messageIds, leaves.messageIds]).toEqual([idsOf(1, 3), idsOf(1, 2)]);
  });

  it('does not start what was left between the join and its answer', async () => {
    stage.store(1, 3);
    const { connection, joined } = await stage.join({ history: 3 });
    stage.feed.leave(connection);
    joined.start();
    stage.say(4);
    await settle(stage.broker);
    expect(connection.frames).toEqual([]);
    expect([stage.feed.size, stage.unused]).toEqual([0, 1]);
  });

  it('rejects who was closed while joining, and forgets him', async () => {
    stage.broker.holdAll();
    const connection = new FakeConnection();
    const joining = stage.feed.join(connection, { history: 1 });
    await turn();
    connection.close(CloseCode.DRAINING);
    const [[outcome]] = await Promise.all([Promise.allSettled([joining]), settle(stage.broker)]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
    expect([stage.feed.size, stage.unused, stage.broker.subscribed.size]).toEqual([0, 1, 0]);
  });

  it.each(['subscribe', 'history'] as const)(
    'rejects all who wait for a %s which fails; the next try is another',
    async (name) => {
      stage.broker.held.add(name);
      const joins = [1, 2, 3].map(() => stage.member());
      const settled = Promise.allSettled(joins);
      await turn();
      stage.broker.answer(name, 'lost');
      expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);

      const connection = new FakeConnection();
      const next = stage.member({}, connection);
      await turn();
      stage.broker.answer(name);
      await next;
      stage.say(1);
      await turn();
      expect(connection.messageIds).toEqual(['m1']);
    },
  );

  it('stays subscribed for a moment after the last has left, and then lets go, once', async () => {
    const connection = await stage.member();
    stage.feed.leave(connection);
    jest.advanceTimersByTime(LINGER_MS - 1);
    await turn();
    expect([...stage.broker.subscribed]).toEqual([ROOM]);
    expect(stage.feed.log).toBeDefined();
    await settle(stage.broker);
    expect([stage.broker.subscribed.size, stage.unused]).toEqual([0, 1]);
    expect(stage.feed.log).toBeUndefined();
  });

  it('keeps its subscription for who comes back within that moment', async () => {
    stage.feed.leave(await stage.member());
    jest.advanceTimersByTime(LINGER_MS - 1);
    stage.broker.held.add('subscribe');
    const connection = await stage.member();
    await settle(stage.broker);
    stage.say(1);
    expect(connection.messageIds).toEqual(['m1']);
    expect([stage.broker.pending.length, stage.unused]).toEqual([0, 0]);
  });

  it('subscribes anew for who comes while it lets go', async () => {
    stage.feed.leave(await stage.member());
    stage.broker.holdAll();
    jest.advanceTimersByTime(LINGER_MS);
    await turn();
    expect(stage.broker.pending.map(({ name }) => name)).toEqual(['unsubscribe']);
    const joining = stage.member();
    await turn();
    expect(stage.broker.pending.map(({ name }) => name)).toEqual(['unsubscribe']);
    await settle(stage.broker);
    const connection = await joining;
    stage.say(1);
    await settle(stage.broker);
    expect(connection.messageIds).toEqual(['m1']);
    expect([[...stage.broker.subscribed], stage.unused]).toEqual([[ROOM], 0]);
  });

  it('tries to let go until the broker has', async () => {
    stage.feed.leave(await stage.member());
    stage.broker.held.add('unsubscribe');
    jest.advanceTimersByTime(LINGER_MS);
    for (let failed = 0; failed < 3; failed++) {
      await turn();
      stage.broker.answer('unsubscribe', 'refused');
      await turn();
      jest.advanceTimersByTime(5_000);
    }
    expect([stage.broker.subscribed.size, stage.unused]).toEqual([1, 0]);
    await settle(stage.broker);
    expect([stage.broker.subscribed.size, stage.unused]).toEqual([0, 1]);
  });
});
