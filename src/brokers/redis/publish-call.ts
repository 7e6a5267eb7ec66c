// The publish script's call in the bytes that Redis reads, written once and without ioredis's general encoder.
import { createHash } from 'node:crypto';
import { Command, type Redis } from 'ioredis';
import type { Draft } from '../../core/broker.js';
import { logKey, messageIdKey, metaKey } from './redis-codec.js';
import { PUBLISH } from './redis.scripts.js';

export interface Addressed {
  readonly room: string;
  readonly draft: Draft;
}

/** What all messages of a call share. */
export interface PublishTerms {
  /** As `historyTerms` makes it. */
  readonly history: string;
  readonly freshEpoch: string;
}

const CRLF = '\r\n';
const BY_HASH = ascii('evalsha') + ascii(createHash('sha1').update(PUBLISH).digest('hex'));
const IN_FULL = ascii('eval') + ascii(PUBLISH);

/** Links over which the script has been sent in full. */
const knowing = new WeakSet<object>();

/** A room's keys in the call: the two that every message of it has, and its own one on both sides of its length. */
interface RoomKeys {
  readonly before: string;
  readonly own: string;
  /** Of its own one, without the messageId. */
  readonly ownLength: number;
}

const MAX_ROOMS = 10_000;
/** Of rooms that were sent to lately: as much work as all else in a call, and the same for each of their messages. */
const roomKeys = new Map<string, RoomKeys>();

/** ioredis keeps it in its queue and matches the reply; only its bytes are ours. */
class PublishCall extends Command {
  #link: object | undefined;

  constructor(
    private readonly messages: readonly Addressed[],
    private readonly terms: PublishTerms,
  ) {
    super('evalsha', [], { replyEncoding: 'utf8' });
  }

  /** The first one on each link brings the script along, so that it is never refused for want of it. */
  override toWritable(link: object): Buffer {
    const script = knowing.has(link) ? BY_HASH : IN_FULL;
    this.#link = link;
    knowing.add(link);
    return encodePublish(this.messages, this.terms, script);
  }

  /** Redis has forgotten it. */
  forget(): void {
    if (this.#link) knowing.delete(this.#link);
  }
}

/**
 * ioredis would turn the bodies into strings, join all arguments to one, and encode that: for a small message, as
 * much work as all else here. A Redis which doesn't know the script has done nothing, and gets it in full.
 *
 * @returns for each message what the script says of it
 */
export function callPublish(
  redis: Redis,
  messages: readonly Addressed[],
  terms: PublishTerms,
): Promise<string[]> {
  const send = (call: PublishCall) => redis.sendCommand(call) as Promise<string[]>;
  const call = new PublishCall(messages, terms);
  return send(call).catch((error: Error) => {
    if (!error.message.startsWith('NOSCRIPT')) throw error;
    call.forget();
    return send(new PublishCall(messages, terms));
  });
}

/** The arguments that are the same for all calls. */
export function historyTerms(size: number, ttlMs: number, metaTtlMs: number): string {
  return ascii(`${size}`) + ascii(`${ttlMs}`) + ascii(`${metaTtlMs}`);
}

/**
 * KEYS and ARGV as the script has them, as one array of bulk strings.
 *
 * @param script the command and the script or its hash, as two bulk strings
 */
export function encodePublish(messages: readonly Addressed[], terms: PublishTerms, script: string): Buffer {
  const keyCount = 3 * messages.length;
  const argumentCount = 3 + keyCount + 4 + 4 * messages.length;
  let head = `*${argumentCount}${CRLF}${script}${ascii(`${keyCount}`)}`;
  for (const { room, draft } of messages) {
    const { before, own, ownLength } = keysOf(room);
    head += before + (ownLength + Buffer.byteLength(draft.messageId)) + own + draft.messageId + CRLF;
  }
  return join(head + terms.history + ascii(terms.freshEpoch), messages);
}

function keysOf(room: string): RoomKeys {
  const known = roomKeys.get(room);
  if (known) return known;
  const own = messageIdKey(room, '');
  const keys = {
    before: `${ascii(metaKey(room))}${ascii(logKey(room))}$`,
    own: CRLF + own,
    ownLength: own.length,
  };
  if (roomKeys.size >= MAX_ROOMS) roomKeys.clear();
  roomKeys.set(room, keys);
  return keys;
}

function join(head: string, messages: readonly Addressed[]): Buffer {
  // Each text stands before a body, the tail behind the last one.
  const texts: string[] = [];
  let tail = head;
  let byteLength = 0;
  for (const { draft } of messages) {
    const { messageId, body, fingerprint, rememberMs } = draft;
    const text = `${tail}${bulk(messageId)}$${body.length}${CRLF}`;
    texts.push(text);
    byteLength += Buffer.byteLength(text) + body.length;
    tail = `${CRLF}${ascii(fingerprint)}${ascii(`${rememberMs}`)}`;
  }
  const bytes = Buffer.allocUnsafe(byteLength + tail.length);
  let at = 0;
  for (let index = 0; index < messages.length; index++) {
    at += bytes.write(texts[index]!, at);
    at += messages[index]!.draft.body.copy(bytes, at);
  }
  bytes.write(tail, at, 'latin1');
  return bytes;
}

function ascii(text: string): string {
  return `$${text.length}${CRLF}${text}${CRLF}`;
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}${CRLF}${text}${CRLF}`;
}
