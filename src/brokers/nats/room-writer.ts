// One room's publishes on their way to its log: in order, many in a record, each once.
import type { Draft, Receipt } from '../../core/broker.js';
import { newEpoch } from '../../core/ids.js';
import { ChatError } from '../../protocol/errors.js';
import type { Position } from '../../protocol/position.js';
import type { BrokerClock } from './broker-clock.js';
import { entriesOf, type IdIndex, type KnownId } from './id-index.js';
import { decodeRecord, encodedSize, encodeRecord, endOf, type LogRecord, receiptOf } from './nats-codec.js';
import type { NatsLog } from './nats-log.js';
import type { NatsManager } from './nats-manager.js';
import { tokenOf } from './nats-names.js';

const MAX_BATCH = 200;
const MAX_BATCH_BYTES = 256 * 1024;
/** What headers and the lines before the bodies may take of the server's limit. */
const PAYLOAD_RESERVE = 4_096;
const RETRY_DELAY_MS = 50;
/** How long after another instance wrote to the room it counts as contended. */
const CONTENDED_MS = 2_000;
const MAX_REST_MS = 20;

export interface PendingPublish {
  readonly draft: Draft;
  /** Whether it has been answered; then it is not to be sent any more. */
  readonly settled: boolean;
  resolve(receipt: Receipt): void;
  reject(error: Error): void;
}

/** What the writers of all rooms share. */
export interface WriterContext {
  readonly manager: NatsManager;
  readonly log: NatsLog;
  readonly ids: IdIndex;
  readonly clock: BrokerClock;
}

/** The end of the log as we know it. */
interface Head {
  /** Of its last record; 0: there is none. */
  readonly seq: number;
  readonly position: Position;
  readonly record: LogRecord;
  /** The last record's messages: only they may be missing in the index. */
  readonly entries: ReadonlyMap<string, KnownId>;
  indexed: boolean;
}

/**
 * A record is appended only right after the one which was the last when the ids were looked up, and only when all ids
 * before it are in the index. So whoever appends knows all ids: from the index, or from the last record.
 */
export class RoomWriter {
  #queue: PendingPublish[] = [];
  #running = false;
  #head: Head | undefined;
  #indexing: Promise<void> | undefined;
  #contendedUntil = 0;
  readonly #subject: string;

  constructor(
    private readonly room: string,
    private readonly context: WriterContext,
    private readonly onIdle: () => void,
  ) {
    this.#subject = context.manager.names.logSubject(tokenOf(room));
  }

  get idle(): boolean {
    return !this.#running;
  }

  push(publish: PendingPublish): void {
    this.#queue.push(publish);
    if (this.#running) return;
    this.#running = true;
    // After the poll phase, so that all which arrived in this turn of the event loop travels together.
    setImmediate(() => void this.#run());
  }

  /** The log may have changed in any way. */
  forget(): void {
    this.#head = undefined;
  }

  async #run(): Promise<void> {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      const startedAt = performance.now();
      try {
        if (await this.#store(batch)) await this.#rest(performance.now() - startedAt);
        else this.#retry(batch);
      } catch {
        // The outcome is unknown. It is tried again before anything newer, and found where it was stored.
        this.forget();
        this.#retry(batch);
        await pause(RETRY_DELAY_MS);
      }
    }
    this.#running = false;
    this.onIdle();
  }

  #retry(batch: readonly PendingPublish[]): void {
    this.#queue.unshift(...batch);
  }

  /** What goes into the next record; with one message at least, if any is left. */
  #take(): PendingPublish[] {
    const waiting = this.#queue.filter(({ settled }) => !settled);
    let bytes = 0;
    const fits = ({ draft }: PendingPublish, index: number) => {
      bytes += encodedSize(draft);
      return index === 0 || (index < MAX_BATCH && bytes <= MAX_BATCH_BYTES);
    };
    const end = waiting.findIndex((publish, index) => !fits(publish, index));
    const batch = end < 0 ? waiting : waiting.slice(0, end);
    this.#queue = end < 0 ? [] : waiting.slice(end);
    return batch;
  }

  /** Whether all are answered; otherwise another instance was faster, and they have to be tried again. */
  async #store(batch: readonly PendingPublish[]): Promise<boolean> {
    const { manager, log } = this.context;
    await manager.whenReady();
    this.#head ??= await manager.call(this.#load());
    const head = this.#head;
    const [fresh] = await Promise.all([this.#withoutKnown(batch, head), this.#indexed(head)]);
    const firsts = [...fresh.values()].map(([first]) => first!.draft);
    if (firsts.length === 0) return true;
    const payload = encodeRecord(head.position, firsts);
    const seq = await manager.call(log.append(this.#subject, payload, head.seq));
    if (seq === undefined) {
      this.#contendedUntil = performance.now() + CONTENDED_MS;
      this.forget();
      return false;
    }
    const record = { before: head.position, entries: firsts };
    this.#head = this.#headOf(seq, record, this.context.clock.now);
    this.#indexing = this.#index(this.#head).catch(() => undefined);
    for (const [id, publishes] of fresh) {
      publishes.forEach((publish, nth) => answer(publish, this.#head!.entries.get(id)!, nth > 0));
    }
    return true;
  }

  async #load(): Promise<Head> {
    const stored = await this.context.log.last(this.#subject);
    if (!stored) {
      const before = { epoch: newEpoch(), offset: 0, messageId: '' };
      return this.#headOf(0, { before, entries: [] }, 0);
    }
    const record = decodeRecord(stored.payload);
    if (!record) throw new Error(`a foreign record on ${this.#subject}`);
    return this.#headOf(stored.seq, record, stored.storedAt);
  }

  #headOf(seq: number, record: LogRecord, storedAt: number): Head {
    const known = [...entriesOf(record)].map(([id, entry]) => [id, { ...entry, storedAt }] as const);
    return { seq, record, position: endOf(record), entries: new Map(known), indexed: known.length === 0 };
  }

  /** Answers those which were stored before; the others, by their id. What is too large is refused. */
  async #withoutKnown(batch: readonly PendingPublish[], head: Head): Promise<Map<string, PendingPublish[]>> {
    const { manager, ids } = this.context;
    const byId = new Map<string, PendingPublish[]>();
    for (const publish of batch) {
      const { messageId } = publish.draft;
      if (encodedSize(publish.draft) > manager.link.maxPayload - PAYLOAD_RESERVE) {
        publish.reject(new ChatError('MESSAGE_TOO_LARGE', 'The message is larger than the broker takes'));
      } else if (!byId.get(messageId)?.push(publish)) {
        byId.set(messageId, [publish]);
      }
    }
    const unknown = [...byId.keys()].filter((id) => !head.entries.has(id));
    const found = await manager.call(ids.find(this.room, unknown));
    const known = new Map([...head.entries, ...unknown.map((id, index) => [id, found[index]] as const)]);
    for (const [id, publishes] of byId) {
      const entry = known.get(id);
      if (!entry || !ids.holds(entry, head.position)) continue;
      for (const publish of publishes) answer(publish, entry, true);
      byId.delete(id);
    }
    return byId;
  }

  /** Resolves when the index has all messages up to the head. */
  async #indexed(head: Head): Promise<void> {
    await this.#indexing;
    if (!head.indexed) await this.#index(head);
  }

  async #index(head: Head): Promise<void> {
    await this.context.manager.call(this.context.ids.add(this.room, head.record));
    head.indexed = true;
  }

  /** Lets other instances have their turn: who has just appended would always be the fastest. */
  async #rest(cycleMs: number): Promise<void> {
    if (performance.now() < this.#contendedUntil) await pause(Math.min(MAX_REST_MS, 2 * cycleMs));
  }
}

/** @param duplicate whether it is not the one that was stored */
function answer(publish: PendingPublish, entry: KnownId, duplicate: boolean): void {
  const { messageId, fingerprint } = publish.draft;
  if (fingerprint === entry.fingerprint) publish.resolve(receiptOf(entry, messageId, duplicate));
  else publish.reject(new ChatError('CONFLICT', 'This messageId was used for another message'));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
