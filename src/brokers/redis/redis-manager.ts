// The two connections to Redis: one for commands, one for subscriptions. Keeps them, watches their health.
import { Injectable, Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { backoffMs } from '../../core/backoff.js';
import type { BrokerLink } from '../../core/broker.js';
import { SlicedReads } from '../../core/sliced-reads.js';
import { ChatError } from '../../protocol/errors.js';
import { RECONNECT_BACKOFF } from '../link-timing.js';
import { Patience } from '../patience.js';
import { LinkMonitor } from './link-monitor.js';
import { type Addressed, PublishCall, type PublishTerms } from './publish-call.js';
import { type OnMessage, tapMessages } from './message-tap.js';
import { defineScripts } from './redis.scripts.js';
import { RedisOptions } from './redis-options.js';

/** Of a link at once: as much as Node would read. */
const SLICE_BYTES = 65_536;

/** Whom the manager tells; all methods return at once. */
export interface RedisListener {
  readonly onMessage: OnMessage;
  onCommandsReady(): void;
  onSubscriberReady(): void;
}

/**
 * Neither connection queues while it is down: a call then rejects at once, and on a cut link all calls in
 * flight do, so that whoever called decides whether to try again. Both reconnect for ever.
 */
@Injectable()
export class RedisManager {
  readonly commands: Redis;
  readonly #subscriber: Redis;
  readonly #logger = new Logger(RedisManager.name);
  readonly #patience = new Patience();
  readonly #monitor: LinkMonitor;
  readonly #publishCall: PublishCall;
  #listener: RedisListener | undefined;
  readonly #awaitingReady = new Set<() => void>();

  constructor(options: RedisOptions) {
    this.commands = this.#open('commands', options.url);
    this.#subscriber = this.#open('subscriber', options.url);
    this.#publishCall = new PublishCall(this.commands);
    defineScripts(this.commands);
    if (options.directIo) this.#readDirectly();
    this.#monitor = new LinkMonitor(this.commands, this.#subscriber, () => this.#patience.answered());
    this.commands.on('ready', () => {
      for (const release of this.#awaitingReady) release();
      this.#listener?.onCommandsReady();
    });
    this.#subscriber.on('ready', () => this.#onSubscriberReady());
    // Only where the tap does not sit.
    this.#subscriber.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
      this.#onMessage(channel.toString('latin1'), payload, 0, payload.length);
    });
  }

  /** Begins to connect, and goes on trying for ever; returns at once. Called once. */
  connect(listener: RedisListener): void {
    this.#listener = listener;
    // A failed first attempt is retried like any other; the 'error' event logs it.
    this.commands.connect().catch(() => undefined);
    this.#subscriber.connect().catch(() => undefined);
    this.#monitor.start();
  }

  get ready(): boolean {
    return this.commandsReady && this.subscriberReady;
  }

  links(): readonly BrokerLink[] {
    return this.#monitor.links();
  }

  get commandsReady(): boolean {
    return this.commands.status === 'ready';
  }

  get subscriberReady(): boolean {
    return this.#subscriber.status === 'ready';
  }

  /** As `PublishCall.run`; without a deadline, which its caller keeps. */
  callPublish(messages: readonly Addressed[], terms: PublishTerms): Promise<string[]> {
    return this.#publishCall.run(messages, terms);
  }

  /** @throws ChatError UNAVAILABLE after the deadline, or at once when the link is down or gets cut. */
  async publish(channel: string, payload: Buffer): Promise<void> {
    await this.call(this.commands.publish(channel, payload));
  }

  /** Subscribes the channels on the present link, in one round trip; a later link knows nothing of them. */
  async subscribe(channels: readonly string[]): Promise<void> {
    await this.call(this.#subscriber.subscribe(...channels));
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.call(this.#subscriber.unsubscribe(...channels));
  }

  /** Gives up the present subscriber link, whatever its state, for a new one. */
  renewSubscriberLink(): void {
    if (this.subscriberReady) this.#subscriber.disconnect(true);
  }

  /** Whoever waits now would most likely wait in vain. */
  get inDoubt(): boolean {
    return this.#patience.inDoubt;
  }

  /** As `Patience.wait`. */
  patiently<T>(reply: Promise<T>): Promise<T> {
    return this.#patience.wait(reply);
  }

  /** Waits for the commands link as long as for a call: at the start, or after a short cut, it is back at once. */
  async whenCommandsReady(): Promise<void> {
    if (this.commandsReady) return;
    let release!: () => void;
    const ready = new Promise<void>((resolve) => (release = resolve));
    this.#awaitingReady.add(release);
    try {
      await this.call(ready);
    } finally {
      this.#awaitingReady.delete(release);
    }
  }

  /** Puts the deadline on a command, and turns whatever fails into UNAVAILABLE. */
  async call<T>(reply: Promise<T>): Promise<T> {
    try {
      return await this.patiently(reply);
    } catch (cause) {
      throw new ChatError('UNAVAILABLE', 'The message broker does not answer', { cause });
    }
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#monitor.stop();
    for (const link of [this.#subscriber, this.commands]) link.disconnect();
  }

  readonly #onMessage: OnMessage = (channel, bytes, start, end) => {
    if (!this.#monitor.onMessage(channel)) this.#listener?.onMessage(channel, bytes, start, end);
  };

  /** A link of little traffic is read for each message or reply, and Node would make 64 KiB for each of them. */
  #readDirectly(): void {
    const reads = new SlicedReads(true, SLICE_BYTES);
    for (const link of [this.commands, this.#subscriber]) link.on('connect', () => reads.begin(link.stream));
  }

  #onSubscriberReady(): void {
    tapMessages(this.#subscriber.stream, this.#onMessage);
    // Failing, it leaves the probe unheard, and the monitor renews the link.
    this.subscribe([this.#monitor.channel]).catch(() => undefined);
    this.#listener?.onSubscriberReady();
  }

  #open(name: string, url: string): Redis {
    const redis = new Redis(url, {
      lazyConnect: true,
      connectionName: `roomcast-${name}`,
      connectTimeout: 3_000,
      disconnectTimeout: 500,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      retryStrategy: (attempt) => backoffMs(attempt, RECONNECT_BACKOFF),
      // A demoted primary answers READONLY: look for the new one.
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
    });
    this.#logTransitions(name, redis);
    return redis;
  }

  /** One line when a link goes, one when it is back, however many attempts lie between. */
  #logTransitions(name: string, redis: Redis): void {
    let down = false;
    const warnOnce = (reason: string) => {
      if (!down) this.#logger.warn(`Redis ${name} link is down, retrying: ${reason}`);
      down = true;
    };
    redis.on('error', (error: Error) => warnOnce(error.message));
    redis.on('reconnecting', () => warnOnce('connection closed'));
    redis.on('ready', () => {
      this.#logger.log(`Redis ${name} link is ${down ? 'back' : 'up'}`);
      down = false;
    });
  }
}
