// Takes pub/sub messages straight off the subscriber link; everything else on it stays ioredis's.
import type { EventEmitter } from 'node:events';

/** How a message begins, behind `>` in RESP3, where it is a push, or `*` in RESP2, where it is an array. */
const MESSAGE_HEAD = Buffer.from('3\r\n$7\r\nmessage\r\n$');
const PUSH = 0x3e;
const ARRAY = 0x2a;
const CR = 0x0d;
/** Types whose line tells a length in bytes: bulk and verbatim strings, bulk errors. A null has length -1. */
const STRINGS = '$=!';
/** Types whose line tells a count of entries: arrays, pushes, sets, maps, attributes. All others are one line. */
const ELEMENTS_PER_ENTRY: Readonly<Record<string, number>> = { '*': 1, '>': 1, '~': 1, '%': 2, '|': 2 };
/** More than any reply here has; deeper is no reply of Redis. */
const MAX_DEPTH = 8;

type Listener = (chunk: Buffer) => void;

/** The payload is `bytes` from `start` to `end`, valid only during the call. */
export type OnMessage = (channel: string, bytes: Buffer, start: number, end: number) => void;

/**
 * ioredis decodes each message into general values and hands it through several layers, which costs more than
 * Redis takes to send it. So the link's bytes come here first: messages are delivered where they lie in the
 * chunk, and all else, subscribe's replies above all, goes on to ioredis's own listener unchanged. Nothing of
 * ioredis is touched but the listeners of its socket; where those are not as expected, it keeps reading all.
 *
 * @param socket the socket of a connection that is ready
 * @returns whether messages come here from now on
 */
export function tapMessages(socket: EventEmitter, onMessage: OnMessage): boolean {
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
function splitReplies(bytes: Buffer, onMessage: OnMessage, forward: Listener): number {
  let at = 0;
  while (at < bytes.length) {
    const message = isMessage(bytes, at);
    const end = message
      ? readMessage(bytes, at + 1 + MESSAGE_HEAD.length, onMessage)
      : endOfReply(bytes, at, 0);
    if (end < 0) break;
    if (!message) forward(bytes.subarray(at, end));
    at = end;
  }
  return at;
}

function isMessage(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== PUSH && bytes[at] !== ARRAY) return false;
  for (let index = 0; index < MESSAGE_HEAD.length; index++) {
    if (bytes[at + 1 + index] !== MESSAGE_HEAD[index]) return false;
  }
  return true;
}

/**
 * @param at the digits of the channel's length
 * @returns where the message ends; -1: later than the bytes do
 */
function readMessage(bytes: Buffer, at: number, onMessage: OnMessage): number {
  const channelAt = endOfLine(bytes, at);
  if (channelAt < 0) return -1;
  const channelEnd = channelAt + integer(bytes, at, channelAt - 2);
  const lengthAt = channelEnd + 3;
  const start = endOfLine(bytes, lengthAt);
  if (start < 0) return -1;
  const end = start + integer(bytes, lengthAt, start - 2);
  if (end + 2 > bytes.length) return -1;
  onMessage(bytes.toString('latin1', channelAt, channelEnd), bytes, start, end);
  return end + 2;
}

/** Where the next line begins, which is behind a CR LF; -1: later than the bytes end. */
function endOfLine(bytes: Buffer, from: number): number {
  // Lines are short: a search by the runtime would cost more than its call.
  for (let at = from; at < bytes.length - 1; at++) if (bytes[at] === CR) return at + 2;
  return -1;
}

/** Where the reply that begins at `at` ends; -1: later than the bytes do. */
function endOfReply(bytes: Buffer, at: number, depth: number): number {
  const after = endOfLine(bytes, at);
  if (after < 0 || depth > MAX_DEPTH) return -1;
  const type = String.fromCharCode(bytes[at]!);
  if (STRINGS.includes(type)) {
    const length = integer(bytes, at + 1, after - 2);
    const end = length < 0 ? after : after + length + 2;
    return end <= bytes.length ? end : -1;
  }
  const perEntry = ELEMENTS_PER_ENTRY[type];
  if (perEntry === undefined) return after;
  return endOfReplies(bytes, after, perEntry * integer(bytes, at + 1, after - 2), depth);
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
