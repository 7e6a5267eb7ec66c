// Members who are too slow for the live feed: they get the rest from the log, or are told.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FeedStage, idsOf, ROOM } from '../support/feed-stage.js';
import { settle, turn, useFakeTimers } from '../support/quiescence.js';

describe('a member who is too slow', () => {
  let stage: FeedStage;

  beforeEach(() => {
    useFakeTimers();
    stage = new FeedStage({ historySize: 150, tailSize: 10 });
  });

  afterEach(() => {
    stage.feed.dispose();
    jest.useRealTimers();
  });

  it('gets nothing while it takes nothing, and holds up nobody', async () => {
    const [slow, quick] = [await stage.member(), await stage.member()];
    await turn();
    slow.take(0);
    stage.say(1, 50);
    await settle(stage.broker);
    expect([slow.frames.length, quick.messageIds]).toEqual([0, idsOf(1, 50)]);
  });

  it('gets all of it in order when it takes again, be it a few at a time', async () => {
    const slow = await stage.member();
    await turn();
    slow.take(0);
    stage.say(1, 30);
    for (const credit of [1, 7, 3]) {
      slow.take(credit);
      await settle(stage.broker);
    }
    expect(slow.messageIds).toEqual(idsOf(1, 11));
    stage.say(31, 120);
    slow.take(Infinity);
    await settle(stage.broker);
    stage.say(121);
    expect(slow.messageIds).toEqual(idsOf(1, 121));
    expect(slow.of('GAP')).toEqual([]);
  });

  it('is told of the gap where the log was trimmed meanwhile, and gets what can be replayed', async () => {
    const slow = await stage.member();
    await turn();
    stage.say(1, 2);
    slow.take(0);
    stage.say(3, 400);
    slow.take(Infinity);
    await settle(stage.broker);
    stage.say(401);
    const [first, second, gap, ...rest] = slow.frames;
    expect([first!['messageId'], second!['messageId']]).toEqual(['m1', 'm2']);
    expect(gap).toEqual({ type: 'GAP', room: ROOM, epoch: 'first', from: 3, to: 250 });
    expect(rest.map(({ messageId }) => messageId)).toEqual(idsOf(251, 401));
  });

  it('is told of a new log which began meanwhile, and gets all of it', async () => {
    const slow = await stage.member();
    await turn();
    stage.say(1, 2);
    slow.take(0);
    stage.say(3);
    stage.broker.replaceLog(ROOM, 'second');
    stage.say(4, 8);
    await settle(stage.broker);
    slow.take(Infinity);
    await settle(stage.broker);
    stage.say(9);
    expect(slow.frames.slice(2).map(({ type, epoch, offset }) => [type, epoch, offset])).toEqual([
      ['RESET', 'second', 0],
      ...[1, 2, 3, 4, 5, 6].map((offset) => ['MESSAGE', undefined, offset]),
    ]);
  });

  it('is told of a fork which took away what it got, and not of one which did not', async () => {
    const [ahead, behind] = [await stage.member(), await stage.member()];
    await turn();
    stage.say(1, 2);
    behind.take(0);
    stage.say(3, 5);
    ahead.take(0);
    stage.broker.log(ROOM).published.length = 3;
    const branch = stage.broker.store(ROOM, 'f4', 'f5', 'f6');
    stage.broker.deliver(ROOM, ...branch);
    await settle(stage.broker);
    for (const connection of [ahead, behind]) connection.take(Infinity);
    await settle(stage.broker);
    expect(ahead.of('RESET')).toMatchObject([{ epoch: 'first', offset: 3 }]);
    expect(ahead.messageIds).toEqual([...idsOf(1, 5), 'f4', 'f5', 'f6']);
    expect(behind.of('RESET')).toEqual([]);
    expect(behind.messageIds).toEqual([...idsOf(1, 3), 'f4', 'f5', 'f6']);
  });

  it('is told of a fork also when the room has gone far beyond it', async () => {
    const slow = await stage.member();
    await turn();
    stage.say(1, 5);
    slow.take(0);
    stage.say(6);
    stage.broker.log(ROOM).published.length = 3;
    stage.say(104, 203);
    await settle(stage.broker);
    slow.take(Infinity);
    await settle(stage.broker);
    stage.say(204);
    const [reset, ...rest] = slow.frames.slice(5);
    expect(reset).toMatchObject({ type: 'RESET', epoch: 'first' });
    const offsets = rest.map(({ type, offset }) => [type, offset]);
    const first = Number(reset!['offset']) + 1;
    expect(offsets).toEqual(idsOf(first, 104).map((_, index) => ['MESSAGE', first + index]));
  });

  it('is live again in the very turn in which it has caught up', async () => {
    const slow = await stage.member();
    await turn();
    for (let round = 0; round < 20; round++) {
      slow.take(round % 3);
      stage.say(round * 5 + 1, round * 5 + 5);
      slow.take(5);
      await turn();
    }
    slow.take(Infinity);
    await settle(stage.broker);
    expect(slow.messageIds).toEqual(idsOf(1, 100));
  });

  it('gets no more once it has left', async () => {
    const slow = await stage.member();
    await turn();
    slow.take(0);
    stage.say(1, 100);
    stage.broker.held.add('history');
    slow.take(Infinity);
    await turn();
    stage.feed.leave(slow);
    await settle(stage.broker);
    expect(slow.frames).toEqual([]);
  });
});
