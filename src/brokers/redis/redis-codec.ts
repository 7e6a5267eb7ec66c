// The bytes that travel through Redis: keys, channel payloads, log entries.
import type { HistoryPage, HistoryRange } from '../../core/broker.js';
import type { Position, Publication } from '../../protocol/position.js';
import { channelOf } from '../../protocol/room.js';
import type { HeadReply, HistoryReply } from './redis.scripts.js';

/** First byte of a channel payload. */
const PUBLICATION = 0x70; // p
const SIGNAL = 0x73; // s
const NEWLINE = 0x0a;

export function metaKey(room: string): string {
  return `{${channelOf(room)}}:meta`;
}

export function logKey(room: string): string {
  return `{${channelOf(room)}}:log`;
}

export function messageIdKey(room: string, messageId: string): string {
  return `{${channelOf(room)}}:id:${messageId}`;
}

export function encodeSignal(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.of(SIGNAL), payload]);
}

/** What a channel brought last; its strings are taken again rather than decoded anew. */
export interface Known {
  epoch: string;
  messageId: string;
}

/**
 * What a channel brought; undefined when it is nobody of ours who wrote it.
 *
 * @param payload lies in it from `start` to `end`; the publication's body is a view of it
 */
export function decodePayload(
  payload: Buffer,
  start: number,
  end: number,
  known?: Known,
): Publication | { readonly signal: Buffer } | undefined {
  if (start < end && payload[start] === SIGNAL) return { signal: payload.subarray(start + 1, end) };
  if (start >= end || payload[start] !== PUBLICATION) return undefined;
  const epochEnd = endOfField(payload, start + 1, end);
  const offsetEnd = endOfField(payload, epochEnd + 1, end);
  const previousEnd = endOfField(payload, offsetEnd + 1, end);
  const idEnd = endOfField(payload, previousEnd + 1, end);
  if (idEnd >= end) return undefined;
  const offset = readOffset(payload, epochEnd + 1, offsetEnd);
  if (!Number.isSafeInteger(offset) || offset < 1) return undefined;
  return {
    epoch: readText(payload, start + 1, epochEnd, known?.epoch),
    offset,
    messageId: readText(payload, previousEnd + 1, idEnd, undefined),
    previousOffset: offset - 1,
    previousId: readText(payload, offsetEnd + 1, previousEnd, known?.messageId),
    body: payload.subarray(idEnd + 1, end),
  };
}

/** Where the line that begins at `at` ends; `end` or more: not before. */
function endOfField(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at] !== NEWLINE) at++;
  return at;
}

/** NaN for anything but digits. */
function readOffset(bytes: Buffer, start: number, end: number): number {
  let value = start < end ? 0 : Number.NaN;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

/** `guess` itself where that is what the bytes say. */
function readText(bytes: Buffer, start: number, end: number, guess: string | undefined): string {
  return guess !== undefined && isText(bytes, start, end, guess) ? guess : bytes.toString('utf8', start, end);
}

/** Only ever true of ASCII. */
function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) {
    const byte = bytes[start + index]!;
    if (byte > 0x7f || byte !== text.charCodeAt(index)) return false;
  }
  return true;
}

export function decodeHead([epoch, offset, messageId]: HeadReply): Position {
  return { epoch, offset: Number(offset), messageId };
}

export function decodeHistory(reply: HistoryReply, range: HistoryRange): HistoryPage {
  const [epochBytes, offset, messageId, length, entries] = reply;
  const epoch = epochBytes.toString();
  const head = { epoch, offset: Number(offset), messageId: messageId.toString() };
  const publications = entries.map(([id, fields]) => decodeEntry(epoch, id, fields));
  return { head, publications, more: countBeyond(range, { head, length, publications }) };
}

function decodeEntry(epoch: string, id: Buffer, fields: Buffer[]): Publication {
  const offset = Number.parseInt(id.toString(), 10);
  const [, messageId, , previousId, , body] = fields as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
  return {
    epoch,
    offset,
    messageId: messageId.toString(),
    previousOffset: offset - 1,
    previousId: previousId.toString(),
    body,
  };
}

interface Look {
  readonly head: Position;
  readonly length: number;
  readonly publications: readonly Publication[];
}

/** The log is contiguous, so what lies beyond a page is counted by its offsets. */
function countBeyond(range: HistoryRange, { head, length, publications }: Look): number {
  const first = publications[0];
  const last = publications.at(-1);
  const oldest = head.offset - length + 1;
  if (range.from === 'after') {
    return Math.max(0, head.offset - (last?.offset ?? Math.max(range.offset, oldest - 1)));
  }
  const below = range.from === 'before' ? Math.min(range.offset - 1, head.offset) : head.offset;
  return Math.max(0, first ? first.offset - oldest : range.limit === 0 ? below - oldest + 1 : 0);
}
