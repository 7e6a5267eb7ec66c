// The broker on NATS: a subject of JetStream per room as its log, republished as its feed.
import { Injectable, Logger } from '@nestjs/common';
import type { Msg } from '@nats-io/transport-node';
import {
  Broker,
  type BrokerLink,
  type BrokerSink,
  type Draft,
  type HistoryPage,
  type HistoryRange,
  type Receipt,
} from '../../core/broker.js';
import type { Position } from '../../protocol/position.js';
import { HistoryOptions } from '../history-options.js';
import { ReadQueue } from '../read-queue.js';
import { BrokerClock } from './broker-clock.js';
import { FeedSubscriptions } from './feed-subscriptions.js';
import { IdIndex } from './id-index.js';
import { decodeRecord, decodeSignal, encodeSignal, publicationsOf } from './nats-codec.js';
import { NatsLog } from './nats-log.js';
import { NatsManager } from './nats-manager.js';
import { tokenOf } from './nats-names.js';
import { announcementOf, isPresence } from './presence-state.js';
import { PublishQueue } from './publish-queue.js';
import { RoomReader } from './room-reader.js';

@Injectable()
export class NatsBroker extends Broker {
  readonly #logger = new Logger(NatsBroker.name);
  readonly #publishes: PublishQueue;
  readonly #rooms: FeedSubscriptions;
  readonly #reader: RoomReader;
  readonly #clock: BrokerClock;
  readonly #reads = new ReadQueue();
  #sink: BrokerSink | undefined;

  constructor(
    private readonly manager: NatsManager,
    history: HistoryOptions,
  ) {
    super();
    const { names } = manager;
    const log = new NatsLog(manager, names.logStream);
    const idLog = new NatsLog(manager, names.idStream);
    this.#clock = new BrokerClock(idLog, names.idSubject('!clock', 'now'));
    const ids = new IdIndex(idLog, names, this.#clock);
    this.#publishes = new PublishQueue({ manager, log, ids, clock: this.#clock });
    this.#rooms = new FeedSubscriptions(manager, (room, message) => this.#deliver(room, message));
    this.#reader = new RoomReader(log, names, this.#clock, history);
  }

  start(sink: BrokerSink): void {
    this.#sink = sink;
    this.manager.connect({
      onLink: (link) => this.#rooms.renew(link),
      onReady: () => {
        // Until it is known, the machine's own does.
        this.#clock.ask().catch(() => undefined);
        this.#publishes.onReady();
        this.#sink?.onInterrupted();
      },
    });
  }

  async subscribe(room: string): Promise<void> {
    await this.#rooms.add(room);
  }

  async unsubscribe(room: string): Promise<void> {
    this.#rooms.remove(room);
  }

  publish(room: string, draft: Draft): Promise<Receipt> {
    return this.#publishes.push(room, draft);
  }

  async signal(room: string, payload: Buffer): Promise<void> {
    const { link, names } = this.manager;
    link.connection.publish(names.feedSubject(tokenOf(room)), encodeSignal(payload));
    await this.manager.call(link.confirm());
  }

  async history(room: string, range: HistoryRange): Promise<HistoryPage> {
    return this.#reads.run(async () => {
      await this.manager.whenReady();
      return this.manager.call(this.#reader.page(room, range));
    });
  }

  async heads(rooms: readonly string[]): Promise<Position[]> {
    return this.manager.call(Promise.all(rooms.map((room) => this.#reader.head(room))));
  }

  links(): readonly BrokerLink[] {
    return [{ name: 'nats', up: this.manager.alive }];
  }

  async close(): Promise<void> {
    this.#sink = undefined;
    this.#publishes.close();
    this.#rooms.clear();
    await this.manager.close();
  }

  #deliver(room: string, message: Msg): void {
    // A copy, since it is a view of a whole chunk from the socket, which it would keep in memory.
    const payload = Buffer.from(message.data);
    const signal = decodeSignal(payload);
    if (signal) return this.#sink?.onSignal(room, signal);
    if (isPresence(payload)) return this.#announce(room, announcementOf(payload));
    const record = decodeRecord(payload);
    if (!record) return this.#logger.warn(`A foreign payload on ${message.subject} was dropped`);
    for (const publication of publicationsOf(record)) this.#sink?.onPublication(room, publication);
  }

  #announce(room: string, announcement: Buffer): void {
    if (announcement.length > 0) this.#sink?.onSignal(room, announcement);
  }
}
