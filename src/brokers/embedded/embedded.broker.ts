// The broker inside the process: the default, for one instance, without any server to run.
import { Injectable } from '@nestjs/common';
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
import { ChatError } from '../../protocol/errors.js';
import type { Position } from '../../protocol/position.js';
import { HistoryOptions } from '../history-options.js';
import { EmbeddedLog } from './embedded-log.js';

interface StoredRoom {
  readonly log: EmbeddedLog;
  usedAt: number;
}

/**
 * Logs live as long as the process. A room unused for `historyTtlMs` is forgotten, and so is the one unused
 * longest when all logs together outgrow `maxBytes`; it then begins again under a new epoch, which tells
 * whoever resumes that messages are missing.
 */
@Injectable()
export class EmbeddedBroker extends Broker {
  #sink: BrokerSink | undefined;
  readonly #subscribed = new Set<string>();
  /** The longest unused first. */
  readonly #rooms = new Map<string, StoredRoom>();
  #bytes = 0;
  #closed = false;

  constructor(private readonly options: HistoryOptions) {
    super();
  }

  start(sink: BrokerSink): void {
    this.#sink = sink;
  }

  async subscribe(room: string): Promise<void> {
    this.#requireOpen();
    this.#subscribed.add(room);
  }

  async unsubscribe(room: string): Promise<void> {
    this.#subscribed.delete(room);
  }

  async publish(room: string, draft: Draft): Promise<Receipt> {
    const now = Date.now();
    const { receipt, publication } = this.#change(room, (log) => {
      const outcome = log.append(draft, now);
      log.trim(this.options.size);
      return outcome;
    });
    if (publication && this.#subscribed.has(room)) this.#sink?.onPublication(room, publication);
    return receipt;
  }

  async signal(room: string, payload: Buffer): Promise<void> {
    this.#requireOpen();
    if (this.#subscribed.has(room)) this.#sink?.onSignal(room, payload);
  }

  async history(room: string, range: HistoryRange): Promise<HistoryPage> {
    return this.#change(room, (log) => log.read(range));
  }

  async heads(rooms: readonly string[]): Promise<Position[]> {
    return rooms.map((room) => this.#change(room, (log) => log.head));
  }

  links(): readonly BrokerLink[] {
    return [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sink = undefined;
    this.#subscribed.clear();
    this.#rooms.clear();
    this.#bytes = 0;
  }

  #requireOpen(): void {
    if (this.#closed) throw new ChatError('UNAVAILABLE', 'The message broker is closed');
  }

  #change<T>(room: string, act: (log: EmbeddedLog) => T): T {
    this.#requireOpen();
    const now = Date.now();
    const stored = this.#rooms.get(room) ?? { log: new EmbeddedLog(newEpoch()), usedAt: now };
    const before = this.#rooms.has(room) ? stored.log.bytes : -ROOM_OVERHEAD;
    this.#rooms.delete(room);
    this.#rooms.set(room, stored);
    stored.usedAt = now;
    try {
      return act(stored.log);
    } finally {
      this.#bytes += stored.log.bytes - before;
      this.#evict(now);
    }
  }

  #evict(now: number): void {
    for (const [room, { log, usedAt }] of this.#rooms) {
      const expired = now - usedAt > this.options.ttlMs;
      if (!expired && (this.#bytes <= this.options.maxBytes || this.#rooms.size === 1)) return;
      this.#rooms.delete(room);
      this.#bytes -= log.bytes + ROOM_OVERHEAD;
    }
  }
}

/** What an empty room costs, in bytes. */
const ROOM_OVERHEAD = 1_000;
