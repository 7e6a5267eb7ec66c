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

/** What a channel brought; undefined when it is nobody of ours who wrote it. */
export function decodePayload(
  payload: Buffer,
): { publication: Publication } | { signal: Buffer } | undefined {
  if (payload[0] === SIGNAL) return { signal: payload.subarray(1) };
  if (payload[0] !== PUBLICATION) return undefined;
  const ends: number[] = [];
  for (let at = 1; ends.length < 4; at = ends[ends.length - 1]! + 1) {
    const end = payload.indexOf(NEWLINE, at);
    if (end < 0) return undefined;
    ends.push(end);
  }
  const [epochEnd, offsetEnd, previousEnd, idEnd] = ends as [number, number, number, number];
  const offset = Number(payload.toString('latin1', epochEnd + 1, offsetEnd));
  if (!Number.isSafeInteger(offset) || offset < 1) return undefined;
  const publication: Publication = {
    epoch: payload.toString('latin1', 1, epochEnd),
    offset,
    messageId: payload.toString('utf8', previousEnd + 1, idEnd),
    previousOffset: offset - 1,
    previousId: payload.toString('utf8', offsetEnd + 1, previousEnd),
    // A copy, since the payload is a view of a whole chunk from the socket, which it would keep in memory.
    body: Buffer.from(payload.subarray(idEnd + 1)),
  };
  return { publication };
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
