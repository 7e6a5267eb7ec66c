// Which channels this instance wants, and the batched calls that make Redis agree.
import { ChatError } from '../../protocol/errors.js';
import type { RedisManager } from './redis-manager.js';

const CHANNELS_PER_CALL = 512;

/** A call of `add` which is not answered yet. */
interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The changes of one tick travel together. A link executes its commands in order, so the last word on a
 * channel is always the wanted one; a cut link forgets all, and `renew` tells the next one everything.
 */
export class ChannelSubscriptions {
  readonly #wanted = new Set<string>();
  readonly #changed = new Set<string>();
  /** Told to a caller of `add`: a later call which fails does not take it away again. */
  readonly #confirmed = new Set<string>();
  readonly #waiting = new Map<string, Set<Waiter>>();
  #flushScheduled = false;

  constructor(private readonly manager: RedisManager) {}

  has(channel: string): boolean {
    return this.#wanted.has(channel);
  }

  /** @throws ChatError UNAVAILABLE when Redis did not confirm in time; the channel is then as it was before. */
  async add(channel: string): Promise<void> {
    this.#wanted.add(channel);
    this.#change(channel);
    const waiters = this.#waiting.get(channel) ?? new Set();
    this.#waiting.set(channel, waiters);
    let waiter: Waiter | undefined;
    const confirmed = new Promise<void>((resolve, reject) => waiters.add((waiter = { resolve, reject })));
    try {
      await this.manager.patiently(confirmed);
    } catch (cause) {
      // Not after a `remove`, which a later `add` may have taken back; nor while others still wait.
      const last = waiters.delete(waiter!) && waiters.size === 0;
      if (last && !this.#confirmed.has(channel)) this.remove(channel);
      throw new ChatError('UNAVAILABLE', 'The message broker does not answer', { cause });
    }
  }

  remove(channel: string): void {
    this.#wanted.delete(channel);
    this.#confirmed.delete(channel);
    this.#giveUp(channel, new Error('unsubscribed meanwhile'));
    this.#change(channel);
  }

  /** Tells a new link all that is wanted. Rejects when the link fails meanwhile; the next one is then told. */
  async renew(): Promise<void> {
    this.#changed.clear();
    await Promise.all(chunks([...this.#wanted]).map((chunk) => this.#subscribe(chunk)));
  }

  clear(): void {
    this.#wanted.clear();
    this.#confirmed.clear();
    this.#changed.clear();
    for (const channel of this.#waiting.keys()) this.#giveUp(channel, new Error('closed'));
  }

  #change(channel: string): void {
    this.#changed.add(channel);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushScheduled = false;
    if (!this.manager.subscriberReady) return;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const chunk of chunks(changed.filter((channel) => !this.#wanted.has(channel)))) {
      // It fails only with its link, which takes its subscriptions along.
      this.manager.unsubscribe(chunk).catch(() => undefined);
    }
    for (const chunk of chunks(changed.filter((channel) => this.#wanted.has(channel)))) {
      // A refusal has been told to the waiters; after a cut link they wait for the next one.
      this.#subscribe(chunk).catch(() => undefined);
    }
  }

  /** Answers those who wait when it is sent: between it and who comes later may lie an unsubscribe. */
  async #subscribe(channels: string[]): Promise<void> {
    const waiting = channels.map((channel) => [...(this.#waiting.get(channel) ?? [])]);
    try {
      await this.manager.subscribe(channels);
    } catch (error) {
      if (this.manager.subscriberReady) for (const { reject } of waiting.flat()) reject(error as Error);
      throw error;
    }
    for (const [index, channel] of channels.entries()) this.#confirm(channel, waiting[index]!);
  }

  #confirm(channel: string, answered: Waiter[]): void {
    const waiters = this.#waiting.get(channel);
    for (const waiter of answered) {
      // Who has given up, or was superseded, is not answered.
      if (!waiters?.delete(waiter)) continue;
      this.#confirmed.add(channel);
      waiter.resolve();
    }
    if (waiters?.size === 0) this.#waiting.delete(channel);
  }

  #giveUp(channel: string, error: Error): void {
    const waiters = [...(this.#waiting.get(channel) ?? [])];
    this.#waiting.get(channel)?.clear();
    this.#waiting.delete(channel);
    for (const { reject } of waiters) reject(error);
  }
}

function chunks(channels: string[]): string[][] {
  const result: string[][] = [];
  for (let at = 0; at < channels.length; at += CHANNELS_PER_CALL) {
    result.push(channels.slice(at, at + CHANNELS_PER_CALL));
  }
  return result;
}
