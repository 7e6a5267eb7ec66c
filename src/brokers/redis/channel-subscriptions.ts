// Which channels this instance wants, and the batched calls that make Redis agree.
import { ChatError } from '../../protocol/errors.js';
import type { RedisManager } from './redis-manager.js';

const CHANNELS_PER_CALL = 512;

/** The last word on a channel counts: who is told this has no say in it any more. */
const SUPERSEDED = new Error('unsubscribed meanwhile');

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
  readonly #waiting = new Map<string, Waiter[]>();
  #flushScheduled = false;

  constructor(private readonly manager: RedisManager) {}

  has(channel: string): boolean {
    return this.#wanted.has(channel);
  }

  /** @throws ChatError UNAVAILABLE when Redis did not confirm in time; the channel is then not wanted. */
  async add(channel: string): Promise<void> {
    this.#wanted.add(channel);
    this.#change(channel);
    const confirmed = new Promise<void>((resolve, reject) => {
      const waiters = this.#waiting.get(channel) ?? [];
      waiters.push({ resolve, reject });
      this.#waiting.set(channel, waiters);
    });
    try {
      await this.manager.patiently(confirmed);
    } catch (cause) {
      if (cause !== SUPERSEDED) this.remove(channel);
      throw new ChatError('UNAVAILABLE', 'The message broker does not answer', { cause });
    }
  }

  remove(channel: string): void {
    this.#wanted.delete(channel);
    this.#settle([channel], SUPERSEDED);
    this.#change(channel);
  }

  /** Tells a new link all that is wanted. Rejects when the link fails meanwhile; the next one is then told. */
  async renew(): Promise<void> {
    this.#changed.clear();
    await Promise.all(chunks([...this.#wanted]).map((chunk) => this.#subscribe(chunk)));
  }

  clear(): void {
    this.#wanted.clear();
    this.#changed.clear();
    this.#settle([...this.#waiting.keys()], new Error('closed'));
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

  async #subscribe(channels: string[]): Promise<void> {
    try {
      await this.manager.subscribe(channels);
      this.#settle(channels);
    } catch (error) {
      if (this.manager.subscriberReady) this.#settle(channels, error as Error);
      throw error;
    }
  }

  #settle(channels: string[], error?: Error): void {
    for (const channel of channels) {
      const waiters = this.#waiting.get(channel);
      this.#waiting.delete(channel);
      for (const { resolve, reject } of waiters ?? []) {
        if (error) reject(error);
        else resolve();
      }
    }
  }
}

function chunks(channels: string[]): string[][] {
  const result: string[][] = [];
  for (let at = 0; at < channels.length; at += CHANNELS_PER_CALL) {
    result.push(channels.slice(at, at + CHANNELS_PER_CALL));
  }
  return result;
}
