// Publishes on their way to Redis, against a link that answers when the test says so.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReplyError } from 'ioredis';
import type { Addressed } from '../../src/brokers/redis/publish-call.js';
import { PublishQueue } from '../../src/brokers/redis/publish-queue.js';
import type { RedisManager } from '../../src/brokers/redis/redis-manager.js';
import { draftOf } from '../support/drafts.js';
import { turn } from '../support/quiescence.js';

interface Call {
  /** The messages of one script call, in their order. */
  readonly messageIds: readonly string[];
  /** Redis stored them all. */
  store(): void;
  /** Redis refuses the call: nothing was stored. */
  refuse(message: string): void;
  /** The link was cut, and nobody knows. */
  cut(): void;
}

/** The part of the manager that the queue uses. */
class FakeManager {
  commandsReady = true;
  inDoubt = false;
  readonly calls: Call[] = [];
  readonly stored: string[] = [];

  callPublish(messages: readonly Addressed[]): Promise<string[]> {
    const messageIds = messages.map(({ draft }) => draft.messageId);
    return new Promise((resolve, reject) => {
      let failed = !this.commandsReady;
      const fail = (error: Error): void => {
        failed = true;
        reject(error);
      };
      const store = (): void => {
        if (!failed) resolve(messageIds.map((id) => `0 epoch ${this.stored.push(id)}`));
      };
      const refuse = (message: string): void => fail(new ReplyError(message));
      this.calls.push({ messageIds, store, refuse, cut: () => fail(new Error('cut')) });
      if (failed) reject(new Error('not ready'));
    });
  }

  get last(): Call {
    return this.calls.at(-1)!;
  }
}

async function pass(ms: number): Promise<void> {
  await turn();
  jest.advanceTimersByTime(ms);
  await turn();
  await turn();
}

describe('PublishQueue', () => {
  let manager: FakeManager;
  let queue: PublishQueue;
  let outcomes: Map<string, string>;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    manager = new FakeManager();
    queue = new PublishQueue(manager as unknown as RedisManager, { size: 10, ttlMs: 1_000, maxBytes: 0 });
    outcomes = new Map();
  });

  afterEach(() => {
    queue.close();
    jest.useRealTimers();
  });

  async function push(...messageIds: string[]): Promise<void> {
    for (const messageId of messageIds) {
      void queue.push('room', draftOf('text', { messageId })).then(
        ({ offset }) => outcomes.set(messageId, `stored at ${offset}`),
        (error: { code: string }) => outcomes.set(messageId, error.code),
      );
    }
    await turn();
  }

  /** Lets Redis store whatever is sent, until nothing is. */
  async function storeAll(): Promise<void> {
    for (let seen = -1; seen < manager.calls.length; await pass(50)) {
      seen = manager.calls.length;
      manager.last.store();
    }
  }

  it('sends all of one tick in one call, and what comes meanwhile in the next', async () => {
    await push('a', 'b');
    await push('c');
    await push('d');
    expect(manager.calls.map(({ messageIds }) => messageIds)).toEqual([['a', 'b']]);
    manager.last.store();
    await turn();
    await turn();
    expect(manager.calls.map(({ messageIds }) => messageIds)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    await storeAll();
    expect(Object.fromEntries(outcomes)).toEqual({
      a: 'stored at 1',
      b: 'stored at 2',
      c: 'stored at 3',
      d: 'stored at 4',
    });
  });

  it.each([
    ['a cut link left open', (call: Call) => call.cut()],
    ['Redis refuses while it starts', (call: Call) => call.refuse('LOADING Redis is loading')],
    ['Redis refuses as a replica', (call: Call) => call.refuse('READONLY')],
  ])('sends again what %s, before anything newer', async (_name, fail) => {
    await push('a', 'b');
    await push('c');
    fail(manager.calls[0]!);
    await push('d');
    await pass(50);
    await storeAll();
    expect(manager.stored).toEqual(['a', 'b', 'c', 'd']);
  });

  it('waits for the link, and then sends in order', async () => {
    await push('a', 'b');
    manager.commandsReady = false;
    manager.last.cut();
    await push('c');
    expect(manager.calls).toHaveLength(1);
    manager.commandsReady = true;
    queue.onReady();
    await turn();
    await storeAll();
    expect(manager.stored).toEqual(['a', 'b', 'c']);
  });

  it('tries one by one what was refused for good, so that only the culprit fails', async () => {
    await push('a', 'b', 'c');
    await push('d');
    manager.last.refuse('OOM command not allowed');
    await turn();
    manager.last.store();
    await turn();
    manager.last.refuse('OOM command not allowed');
    await turn();
    await storeAll();
    expect(manager.stored).toEqual(['a', 'c', 'd']);
    expect(outcomes.get('b')).toBe('UNAVAILABLE');
  });

  it.each([
    ['the link is cut', (call: Call) => call.cut()],
    ['Redis refuses for a while', (call: Call) => call.refuse('LOADING Redis is loading')],
  ])('keeps the order where %s while it tries one by one', async (_name, fail) => {
    await push('a', 'b', 'c');
    await push('d');
    manager.last.refuse('OOM command not allowed');
    await turn();
    fail(manager.last);
    await pass(50);
    await storeAll();
    expect(manager.stored).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the order where the link goes away while it tries one by one', async () => {
    await push('a', 'b', 'c');
    manager.last.refuse('OOM command not allowed');
    await turn();
    manager.commandsReady = false;
    manager.last.cut();
    await pass(50);
    manager.commandsReady = true;
    queue.onReady();
    await turn();
    await storeAll();
    expect(manager.stored).toEqual(['a', 'b', 'c']);
  });

  it('rejects what is not answered in time, and does not send it later', async () => {
    await push('a');
    jest.advanceTimersByTime(1_000);
    await push('b');
    jest.advanceTimersByTime(900);
    await turn();
    expect(Object.fromEntries(outcomes)).toEqual({ a: 'UNAVAILABLE' });
    manager.last.cut();
    await turn();
    await storeAll();
    expect(manager.stored).toEqual(['b']);
  });

  it('rejects at once what is too much to wait, and while Redis is known to be away', async () => {
    manager.commandsReady = false;
    await push(...Array.from({ length: 20_001 }, (_, index) => `m${index}`));
    expect(Object.fromEntries(outcomes)).toEqual({ m20000: 'UNAVAILABLE' });
    jest.advanceTimersByTime(2_000);
    await turn();
    expect(outcomes.size).toBe(20_001);
    await push('later');
    expect(outcomes.get('later')).toBe('UNAVAILABLE');
  });
});
