// Which channels the Redis broker wants, against a link that answers when the test says so.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ChannelSubscriptions } from '../../src/brokers/redis/channel-subscriptions.js';
import type { RedisManager } from '../../src/brokers/redis/redis-manager.js';
import { turn } from '../support/quiescence.js';

interface Call {
  readonly name: 'subscribe' | 'unsubscribe';
  readonly channels: readonly string[];
  answer(error?: Error): void;
}

/** The part of the manager that subscriptions use. */
class FakeManager {
  subscriberReady = true;
  readonly calls: Call[] = [];
  /** Each ends one of the waits that have begun, as its deadline would. */
  readonly deadlines: (() => void)[] = [];

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#call('subscribe', channels);
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    return this.#call('unsubscribe', channels);
  }

  patiently<T>(reply: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.deadlines.push(() => reject(new Error('no answer in time')));
      reply.then(resolve, reject);
    });
  }

  #call(name: Call['name'], channels: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const answer = (error?: Error): void => (error ? reject(error) : resolve());
      this.calls.push({ name, channels, answer });
    });
  }
}

describe('ChannelSubscriptions', () => {
  let manager: FakeManager;
  let subscriptions: ChannelSubscriptions;
  /** What became of each call of `add`, in their order. */
  let outcomes: string[];

  beforeEach(() => {
    manager = new FakeManager();
    subscriptions = new ChannelSubscriptions(manager as unknown as RedisManager);
    outcomes = [];
  });

  /** Resolves when the call has been sent, where the link is ready. */
  async function add(channel: string): Promise<void> {
    const index = outcomes.push('waits') - 1;
    void subscriptions.add(channel).then(
      () => (outcomes[index] = 'subscribed'),
      (error: { code: string }) => (outcomes[index] = error.code),
    );
    await turn();
  }

  it('sends the changes of one tick in one call of each kind', async () => {
    void add('gone');
    subscriptions.remove('gone');
    void add('a');
    await add('b');
    expect(manager.calls.map(({ name, channels }) => [name, channels])).toEqual([
      ['unsubscribe', ['gone']],
      ['subscribe', ['a', 'b']],
    ]);
    manager.calls[1]!.answer();
    await turn();
    expect(outcomes).toEqual(['UNAVAILABLE', 'subscribed', 'subscribed']);
    expect(['gone', 'a', 'b'].map((channel) => subscriptions.has(channel))).toEqual([false, true, true]);
  });

  it('asks for no more than Redis takes well in one call', async () => {
    for (let index = 0; index < 1_500; index++) void add(`c${index}`);
    await turn();
    expect(manager.calls.map(({ channels }) => channels.length)).toEqual([512, 512, 476]);
  });

  it('waits for a link, and tells it all that is wanted', async () => {
    await add('a');
    manager.calls[0]!.answer();
    await turn();
    manager.subscriberReady = false;
    await add('b');
    await add('c');
    subscriptions.remove('c');
    await turn();
    expect(manager.calls).toHaveLength(1);

    manager.subscriberReady = true;
    const renewing = subscriptions.renew();
    expect(manager.calls.slice(1)).toMatchObject([{ name: 'subscribe', channels: ['a', 'b'] }]);
    manager.calls[1]!.answer();
    await renewing;
    await turn();
    expect(outcomes).toEqual(['subscribed', 'subscribed', 'UNAVAILABLE']);
  });

  it('lets a call wait for the next link when its own was cut', async () => {
    await add('a');
    manager.subscriberReady = false;
    manager.calls[0]!.answer(new Error('cut'));
    await turn();
    expect(outcomes).toEqual(['waits']);
    manager.subscriberReady = true;
    void subscriptions.renew();
    manager.calls[1]!.answer();
    await turn();
    expect(outcomes).toEqual(['subscribed']);
  });

  it('does not want what Redis refused, or did not confirm in time', async () => {
    await add('a');
    manager.calls[0]!.answer(new Error('refused'));
    await add('b');
    manager.deadlines[1]!();
    await turn();
    expect(outcomes).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    expect([subscriptions.has('a'), subscriptions.has('b')]).toEqual([false, false]);
  });

  it('does not take the answer to an earlier call for that to a later one', async () => {
    await add('a');
    subscriptions.remove('a');
    await turn();
    await add('a');
    expect(manager.calls.map(({ name }) => name)).toEqual(['subscribe', 'unsubscribe', 'subscribe']);
    manager.calls[0]!.answer();
    manager.calls[1]!.answer();
    await turn();
    // Redis has executed the unsubscribe: what is published now is lost.
    expect(outcomes).toEqual(['UNAVAILABLE', 'waits']);
    manager.calls[2]!.answer();
    await turn();
    expect(outcomes).toEqual(['UNAVAILABLE', 'subscribed']);
  });

  it('keeps a subscription when a later call for it fails', async () => {
    await add('a');
    manager.calls[0]!.answer();
    await turn();
    manager.subscriberReady = false;
    await add('a');
    manager.deadlines[1]!();
    await turn();
    expect(outcomes).toEqual(['subscribed', 'UNAVAILABLE']);
    expect(subscriptions.has('a')).toBe(true);
  });

  it('lets the deadline of one call be its own', async () => {
    manager.subscriberReady = false;
    await add('a');
    await add('a');
    manager.deadlines[0]!();
    await turn();
    expect(outcomes).toEqual(['UNAVAILABLE', 'waits']);
    manager.subscriberReady = true;
    void subscriptions.renew();
    manager.calls[0]?.answer();
    await turn();
    expect(outcomes).toEqual(['UNAVAILABLE', 'subscribed']);
    expect(subscriptions.has('a')).toBe(true);
  });
});
