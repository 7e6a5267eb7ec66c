// The past that members ask for when they join: what they get of it, and what they are told about it.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { JoinRequest } from '../../src/subscription/join.js';
import { FeedStage, idsOf, ROOM } from '../support/feed-stage.js';
import { settle, turn, useFakeTimers } from '../support/quiescence.js';

/** A position of the log; its message is known where `messageId` is given. */
function since(offset: number, messageId?: string): JoinRequest {
  return { since: { epoch: 'first', offset, ...(messageId !== undefined && { messageId }) } };
}

describe('a past asked for at the join', () => {
  let stage: FeedStage;

  /** The log holds 21–160; the instance at least the newest 5, and far from all of it. */
  beforeEach(async () => {
    useFakeTimers();
    stage = new FeedStage({ historySize: 140, tailSize: 5, maxTailSize: 20 });
    await stage.member();
    stage.say(1, 160);
  });

  afterEach(() => {
    stage.feed.dispose();
    jest.useRealTimers();
  });

  it.each<[string, JoinRequest, { replayed: number; recovered: boolean | undefined }]>([
    ['the newest few', { history: 3 }, { replayed: 3, recovered: undefined }],
    ['more of the newest than the instance keeps', { history: 20 }, { replayed: 20, recovered: undefined }],
    ['what came after the head', since(160), { replayed: 0, recovered: true }],
    ['what came after the last but one', since(159), { replayed: 1, recovered: true }],
    ['the same, knowing the message', since(159, 'm159'), { replayed: 1, recovered: true }],
    ['what the instance does not hold', since(30, 'm30'), { replayed: 130, recovered: true }],
    ['all but one that the log holds', since(21), { replayed: 139, recovered: true }],
    ['what was trimmed', since(19), { replayed: 0, recovered: false }],
    ['the very start, which was trimmed', since(0), { replayed: 0, recovered: false }],
    ['what is to come', since(161), { replayed: 0, recovered: false }],
    ['what came after the head of another branch', since(160, 'x'), { replayed: 0, recovered: false }],
    ['what came after another message, near', since(158, 'x'), { replayed: 0, recovered: false }],
    ['what came after another message, far', since(30, 'x'), { replayed: 0, recovered: false }],
    [
      'what came in another epoch',
      { since: { epoch: 'other', offset: 159 } },
      { replayed: 0, recovered: false },
    ],
  ])('is %s', async (_name, request, { replayed, recovered }) => {
    const { connection, joined } = await stage.join(request);
    const position = { epoch: 'first', offset: 160, messageId: 'm160' };
    expect(joined).toMatchObject({ replayed, recovered, position });
    stage.say(161);
    joined.start();
    await settle(stage.broker);
    stage.say(162);
    expect(connection.messageIds).toEqual(idsOf(161 - replayed, 162));
    expect(connection.frames.filter(({ type }) => type !== 'MESSAGE')).toEqual([]);
  });

  it('counts what is replayed rightly when more was stored than this instance has seen', async () => {
    stage.store(161, 163);
    const { connection, joined } = await stage.join(since(30));
    expect(joined).toMatchObject({ recovered: true, replayed: 130, position: { offset: 160 } });
    joined.start();
    stage.say(164);
    await settle(stage.broker);
    expect(connection.messageIds).toEqual(idsOf(31, 164));
  });

  it.each([[since(155)], [since(100)], [{ history: 3 }], [{ history: 20 }], [{}]])(
    'is told as of the moment of the join, whenever something is said: %j',
    async (request) => {
      for (let microtasks = 0; microtasks < 40; microtasks++) {
        const { head } = stage.broker.log(ROOM);
        const joining = stage.join(request);
        for (let passed = 0; passed < microtasks; passed++) await Promise.resolve();
        const next = head.offset + 1;
        stage.say(next);
        const { connection, joined } = await joining;
        joined.start();
        await settle(stage.broker);
        const replayed = connection.messageIds.filter(
          (id) => Number(String(id).slice(1)) <= joined.position.offset,
        );
        expect(replayed).toHaveLength(joined.replayed);
        expect(connection.messageIds).toEqual(idsOf(joined.position.offset - joined.replayed + 1, next));
      }
    },
  );

  it('is all there where another instance was ahead of this one', async () => {
    stage.store(161, 163);
    const { connection, joined } = await stage.join(since(162, 'm162'));
    expect(joined).toMatchObject({ recovered: true });
    joined.start();
    stage.say(164);
    await settle(stage.broker);
    expect(connection.messageIds).toEqual(idsOf(163, 164));
  });

  it('tells a gap where it was trimmed between the join and its replay', async () => {
    const { connection, joined } = await stage.join(since(30));
    stage.say(161, 200);
    joined.start();
    await settle(stage.broker);
    expect(connection.frames[0]).toEqual({ type: 'GAP', room: ROOM, epoch: 'first', from: 31, to: 60 });
    expect(connection.messageIds).toEqual(idsOf(61, 200));
  });

  it('is read once, however many ask for it', async () => {
    stage = new FeedStage({ historySize: 200, tailSize: 5 });
    await stage.member();
    stage.say(1, 160);
    stage.broker.reads.length = 0;
    stage.broker.holdAll();
    const joining = Promise.all(Array.from({ length: 50 }, () => stage.member(since(30))));
    await settle(stage.broker);
    for (const { messageIds } of await joining) expect(messageIds).toEqual(idsOf(31, 160));
    expect(stage.broker.reads).toHaveLength(1);
  });

  it('is replayed over reads that fail at first', async () => {
    const { connection, joined } = await stage.join(since(25));
    stage.broker.held.add('history');
    joined.start();
    for (let failed = 0; failed < 3; failed++) {
      await turn();
      stage.broker.answer('history', 'lost');
      await turn();
      jest.advanceTimersByTime(5_000);
    }
    stage.say(161);
    await settle(stage.broker);
    expect(connection.messageIds).toEqual(idsOf(26, 161));
  });
});
