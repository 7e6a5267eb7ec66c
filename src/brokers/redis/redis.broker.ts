// The broker on Redis: a stream per room as its log, a channel per room as its feed.
import { Injectable, Logger } from '@nestjs/common';
import {
  Broker,
  type BrokerLink,
  type BrokerSink,
  type Draft,
  type HistoryPage,
  type HistoryRange,
  type Receipt,
} from '../../core/broker.js';
import { newEpoch } from '../../core/ids.js';
import type { Position } from '../../protocol/position.js';
import { channelOf } from '../../protocol/room.js';
import { HistoryOptions } from '../history-options.js';
import { ReadQueue } from '../read-queue.js';
import { ChannelSubscriptions } from './channel-subscriptions.js';
import { failingAsOne } from './pipeline.js';
import { META_TTL_FACTOR, PublishQueue } from './publish-queue.js';
import {
  decodeHead,
  decodeHistory,
  decodePayload,
  encodeSignal,
  type Known,
  logKey,
  metaKey,
} from './redis-codec.js';
import { RedisManager } from './redis-manager.js';

/** How long a room in which nothing was ever said keeps its epoch. */
const EMPTY_ROOM_TTL_MS = 60 * 60 * 1000;

/** A subscribed channel, and of what it brought last only what the next one is likely to name again. */
interface Feed extends Known {
  readonly room: string;
}

@Injectable()
export class RedisBroker extends Broker {
  readonly #logger = new Logger(RedisBroker.name);
  readonly #publishes: PublishQueue;
  readonly #channels: ChannelSubscriptions;
  readonly #reads = new ReadQueue();
  /** Of the subscribed channels. */
  readonly #feeds = new Map<string, Feed>();
  #sink: BrokerSink | undefined;

  constructor(
    private readonly manager: RedisManager,
    private readonly options: HistoryOptions,
  ) {
    super();
    this.#publishes = new PublishQueue(manager, options);
    this.#channels = new ChannelSubscriptions(manager);
  }

  start(sink: BrokerSink): void {
    this.#sink = sink;
    this.manager.connect({
      onMessage: (...message) => this.#deliver(...message),
      onCommandsReady: () => this.#publishes.onReady(),
      onSubscriberReady: () => void this.#renewSubscriptions(),
    });
  }

  async subscribe(room: string): Promise<void> {
    const channel = channelOf(room);
    if (!this.#feeds.has(channel)) this.#feeds.set(channel, { room, epoch: '', messageId: '' });
    try {
      await this.#channels.add(channel);
    } finally {
      if (!this.#channels.has(channel)) this.#feeds.delete(channel);
    }
  }

  async unsubscribe(room: string): Promise<void> {
    const channel = channelOf(room);
    this.#feeds.delete(channel);
    this.#channels.remove(channel);
  }

  publish(room: string, draft: Draft): Promise<Receipt> {
    return this.#publishes.push(room, draft);
  }

  async signal(room: string, payload: Buffer): Promise<void> {
    await this.manager.publish(channelOf(room), encodeSignal(payload));
  }

  history(room: string, range: HistoryRange): Promise<HistoryPage> {
    return this.#reads.run(() => this.#page(room, range));
  }

  async #page(room: string, range: HistoryRange): Promise<HistoryPage> {
    await this.manager.whenCommandsReady();
    const reply = await this.manager.call(
      this.manager.commands.roomHistoryBuffer(
        metaKey(room),
        logKey(room),
        newEpoch(),
        EMPTY_ROOM_TTL_MS,
        range.from,
        range.from === 'newest' ? 0 : range.offset,
        range.limit,
      ),
    );
    return decodeHistory(reply, range);
  }

  async heads(rooms: readonly string[]): Promise<Position[]> {
    const metaTtlMs = this.options.ttlMs * META_TTL_FACTOR;
    const pipeline = this.manager.commands.pipeline();
    for (const room of rooms) {
      pipeline.roomHead(metaKey(room), logKey(room), newEpoch(), EMPTY_ROOM_TTL_MS, metaTtlMs);
    }
    const results = await this.manager.call(failingAsOne(pipeline.exec()));
    return results.map((reply) => decodeHead(reply as [string, string, string]));
  }

  links(): readonly BrokerLink[] {
    return this.manager.links();
  }

  async close(): Promise<void> {
    this.#sink = undefined;
    this.#publishes.close();
    this.#channels.clear();
    this.#feeds.clear();
    await this.manager.close();
  }

  /** A new link knows no subscription, and what was published since the last one's end went by unheard. */
  async #renewSubscriptions(): Promise<void> {
    try {
      await this.#channels.renew();
      this.#sink?.onInterrupted();
    } catch (error) {
      this.#logger.warn(`Renewing the subscriptions failed: ${(error as Error).message}`);
      this.manager.renewSubscriberLink();
    }
  }

  #deliver(channel: string, bytes: Buffer, start: number, end: number): void {
    const feed = this.#feeds.get(channel);
    if (feed === undefined) return;
    const decoded = decodePayload(bytes, start, end, feed);
    if (!decoded) this.#logger.warn(`A foreign payload on channel ${channel} was dropped`);
    else if ('signal' in decoded) this.#sink?.onSignal(feed.room, decoded.signal);
    else {
      feed.epoch = decoded.epoch;
      feed.messageId = decoded.messageId;
      this.#sink?.onPublication(feed.room, decoded);
    }
  }
}
