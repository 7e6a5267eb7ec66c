// Which message ids of a room stand for which messages: looked up before a message is stored, told right after it.
import type { Position } from '../../protocol/position.js';
import type { BrokerClock } from './broker-clock.js';
import { decodeId, encodeId, type IdEntry, type LogRecord } from './nats-codec.js';
import type { NatsLog } from './nats-log.js';
import { idToken, type NatsNames, tokenOf } from './nats-names.js';

/** An entry, and when it was stored, broker's time, ms. */
export interface KnownId extends IdEntry {
  readonly storedAt: number;
}

export class IdIndex {
  constructor(
    private readonly log: NatsLog,
    private readonly names: NatsNames,
    private readonly clock: BrokerClock,
  ) {}

  /** What is known of some message ids of a room, in their order. */
  async find(room: string, messageIds: readonly string[]): Promise<(KnownId | undefined)[]> {
    const records = await Promise.all(messageIds.map((id) => this.log.last(this.#subject(room, id))));
    return records.map((record) => record && { ...decodeId(record.payload), storedAt: record.storedAt });
  }

  /** Tells of all messages of a record; may be repeated. */
  async add(room: string, record: LogRecord): Promise<void> {
    const entries = [...entriesOf(record)];
    await Promise.all(entries.map(([id, entry]) => this.log.put(this.#subject(room, id), encodeId(entry))));
  }

  /** Whether an entry still counts in a log that ends at `head`. */
  holds({ epoch, offset, storedAt, rememberMs }: KnownId, head: Position): boolean {
    // Of a log that was lost, wholly or its end, the index may have survived.
    return epoch === head.epoch && offset <= head.offset && this.clock.now < storedAt + rememberMs;
  }

  #subject(room: string, messageId: string): string {
    return this.names.idSubject(tokenOf(room), idToken(messageId));
  }
}

/** What the index will have of a record's messages. */
export function entriesOf({ before: { epoch, offset }, entries }: LogRecord): Map<string, IdEntry> {
  return new Map(
    entries.map(({ messageId, fingerprint, rememberMs }, index) => [
      messageId,
      { fingerprint, rememberMs, epoch, offset: offset + index + 1 },
    ]),
  );
}
