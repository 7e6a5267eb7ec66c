// The bytes that travel through NATS: records of a room's log, entries of the index of message ids, signals.
import type { Draft, Receipt } from '../../core/broker.js';
import type { Position, Publication } from '../../protocol/position.js';

/** First byte of a payload. */
const RECORD = 0x70; // p
const SIGNAL = 0x73; // s
const NEWLINE = 0x0a;

/** A message in a record. */
interface RecordEntry {
  readonly messageId: string;
  readonly fingerprint: string;
  readonly rememberMs: number;
  readonly body: Buffer;
}

/** Messages of a room that were stored together, right after the position `before`; none: it only keeps the position. */
export interface LogRecord {
  readonly before: Position;
  readonly entries: readonly RecordEntry[];
}

/** Where a message id came to stand, and for which content. */
export interface IdEntry {
  readonly fingerprint: string;
  readonly rememberMs: number;
  readonly epoch: string;
  readonly offset: number;
}

/**
 * `p`, and a line each: epoch, offset and message id of the position before, how many messages; then of each message
 * its id, fingerprint, how long it is remembered and the body's length; then the bodies, one behind the other.
 */
export function encodeRecord(before: Position, drafts: readonly Draft[]): Buffer {
  const lines = [`p${before.epoch}`, before.offset, before.messageId, drafts.length];
  for (const { messageId, fingerprint, rememberMs, body } of drafts) {
    lines.push(messageId, fingerprint, rememberMs, body.length);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), ...drafts.map(({ body }) => body)]);
}

/** Roughly what a draft takes in a record, bytes. */
export function encodedSize({ messageId, fingerprint, body }: Draft): number {
  return body.length + 4 * messageId.length + fingerprint.length + 32;
}

/** The bodies are views of `payload`. Undefined when it is nobody of ours who wrote it. */
export function decodeRecord(payload: Buffer): LogRecord | undefined {
  if (payload[0] !== RECORD) return undefined;
  const lines = new Lines(payload, 1);
  const [epoch, offset, messageId, count] = [lines.text(), lines.count(), lines.text(), lines.count()];
  if (!(count <= payload.length)) return undefined;
  const heads = Array.from({ length: count }, () => ({
    messageId: lines.text(),
    fingerprint: lines.text(),
    rememberMs: lines.count(),
    length: lines.count(),
  }));
  let at = lines.at;
  const entries = heads.map(({ length, ...head }) => ({
    ...head,
    body: payload.subarray(at, (at += length)),
  }));
  // A line that was missing or no number makes a NaN of it.
  if (at !== payload.length || !Number.isSafeInteger(offset)) return undefined;
  return { before: { epoch, offset, messageId }, entries };
}

/** The position right after a record. */
export function endOf({ before, entries }: LogRecord): Position {
  const last = entries.at(-1);
  if (!last) return before;
  return { epoch: before.epoch, offset: before.offset + entries.length, messageId: last.messageId };
}

export function publicationsOf({ before: { epoch, offset, messageId }, entries }: LogRecord): Publication[] {
  return entries.map((entry, index) => ({
    epoch,
    offset: offset + index + 1,
    messageId: entry.messageId,
    previousOffset: offset + index,
    previousId: entries[index - 1]?.messageId ?? messageId,
    body: entry.body,
  }));
}

export function encodeId({ fingerprint, rememberMs, epoch, offset }: IdEntry): Buffer {
  return Buffer.from([fingerprint, rememberMs, epoch, offset].join('\n'));
}

export function decodeId(payload: Buffer): IdEntry {
  const [fingerprint = '', rememberMs, epoch = '', offset] = payload.toString().split('\n');
  return { fingerprint, rememberMs: Number(rememberMs), epoch, offset: Number(offset) };
}

export function receiptOf({ epoch, offset }: IdEntry, messageId: string, duplicate: boolean): Receipt {
  return { epoch, offset, messageId, duplicate };
}

export function encodeSignal(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.of(SIGNAL), payload]);
}

export function decodeSignal(payload: Buffer): Buffer | undefined {
  return payload[0] === SIGNAL ? payload.subarray(1) : undefined;
}

/** Reads line by line; what is missing is NaN or empty. */
class Lines {
  constructor(
    private readonly payload: Buffer,
    public at: number,
  ) {}

  text(): string {
    const end = Number.isNaN(this.at) ? -1 : this.payload.indexOf(NEWLINE, this.at);
    if (end < 0) {
      this.at = Number.NaN;
      return '';
    }
    const line = this.payload.toString('utf8', this.at, end);
    this.at = end + 1;
    return line;
  }

  /** A whole number from 0 on, else NaN. */
  count(): number {
    const line = this.text();
    return /^\d{1,16}$/.test(line) ? Number(line) : Number.NaN;
  }
}
