// Takes pub/sub messages straight off the subscriber link; everything else on it stays ioredis's.
import type { EventEmitter } from 'node:events';

/** How a message begins: in RESP3 as a push, in RESP2 as an array. */
const MESSAGE_HEADS = ['>3\r\n$7\r\nmessage\r\n$', '*3\r\n$7\r\nmessage\r\n$'].map((head) =>
  Buffer.from(head),
);
const HEAD_LENGTH = MESSAGE_HEADS[0]!.length;
const CR = 0x0d;
/** Types whose line tells a length in bytes: bulk and verbatim strings, bulk errors. A null has length -1. */
const STRINGS = '$=!';
/** Types whose line tells a count of entries: arrays, pushes, sets, maps, attributes. All others are one line. */
const ELEMENTS_PER_ENTRY: Readonly<Record<string, number>> = { '*': 1, '>': 1, '~': 1, '%': 2, '|': 2 };
/** More than any reply here has; deeper is no reply of Redis. */
const MAX_DEPTH = 8;

type Listener = (chunk: Buffer) => void;

/**
 * ioredis decodes each message into general values and hands it through several layers, which costs more than
 * Redis takes to send it. So the link's bytes come here first: messages are cut out and delivered as views of
 * the chunk, and all else, subscribe's replies above all, goes on to ioredis's own listener unchanged. Nothing of
 * ioredis is touched but the listeners of its socket; where those are not as expected, it keeps reading all.
 *
 * @param socket the socket of a connection that is ready
 * @param onMessage both arguments are valid only during the call where the payload isn't copied
 * @returns whether messages come here from now on
 */
export function tapMessages(
  socket: EventEmitter,
  onMessage: (channel: string, payload: Buffer) => void,
): boolean {
  const listeners = socket.listeners('data') as Listener[];
  if (listeners.length === 0) return false;
  const forward = (bytes: Buffer) => {
    for (const listener of listeners) listener.call(socket, bytes);
  };
  let rest: Buffer | undefined;
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    const end = splitReplies(bytes, onMessage, forward);
    rest = end < bytes.length ? bytes.subarray(end) : undefined;
  });
  return true;
}

/** Deals with all whole replies; returns where the first incomplete one begins. */
function splitReplies(
  bytes: Buffer,
  onMessage: (channel: string, payload: Buffer) => void,
  forward: Listener,
): number {
  let at = 0;
  while (at < bytes.length) {
    const end = endOfReply(bytes, at, 0);
    if (end < 0) break;
    if (isMessage(bytes, at)) readMessage(bytes, at + HEAD_LENGTH, onMessage);
    else forward(bytes.subarray(at, end));
    at = end;
  }
  return at;
}

function isMessage(bytes: Buffer, at: number): boolean {
  const end = at + HEAD_LENGTH;
  return (
    end <= bytes.length && MESSAGE_HEADS.some((head) => bytes.compare(head, 0, HEAD_LENGTH, at, end) === 0)
  );
}

/** @param at the digits of the channel's length */
function readMessage(bytes: Buffer, at: number, onMessage: (channel: string, payload: Buffer) => void): void {
  const channelAt = bytes.indexOf(CR, at) + 2;
  const channelEnd = channelAt + integer(bytes, at, channelAt - 2);
  const lengthAt = channelEnd + 3;
  const payloadAt = bytes.indexOf(CR, lengthAt) + 2;
  const payloadEnd = payloadAt + integer(bytes, lengthAt, payloadAt - 2);
  onMessage(bytes.toString('latin1', channelAt, channelEnd), bytes.subarray(payloadAt, payloadEnd));
}

/** Where the reply that begins at `at` ends; -1: later than the bytes do. */
function endOfReply(bytes: Buffer, at: number, depth: number): number {
  const lineEnd = bytes.indexOf(CR, at);
  if (lineEnd < 0 || lineEnd + 2 > bytes.length || depth > MAX_DEPTH) return -1;
  const after = lineEnd + 2;
  const type = String.fromCharCode(bytes[at]!);
  if (STRINGS.includes(type)) {
    const length = integer(bytes, at + 1, lineEnd);
    const end = length < 0 ? after : after + length + 2;
    return end <= bytes.length ? end : -1;
  }
  const perEntry = ELEMENTS_PER_ENTRY[type];
  if (perEntry === undefined) return after;
  return endOfReplies(bytes, after, perEntry * integer(bytes, at + 1, lineEnd), depth);
}

function endOfReplies(bytes: Buffer, from: number, count: number, depth: number): number {
  let at = from;
  for (let index = 0; index < count; index++) {
    at = endOfReply(bytes, at, depth + 1);
    if (at < 0) return -1;
  }
  return at;
}

/** Digits, maybe behind a minus. */
function integer(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === 0x2d;
  let value = 0;
  for (let at = negative ? start + 1 : start; at < end; at++) value = value * 10 + bytes[at]! - 0x30;
  return negative ? -value : value;
}
