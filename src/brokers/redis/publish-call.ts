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

const NONE: readonly Addressed[] = [];

const MAX_ROOMS = 10_000;
/** Of rooms that were sent to lately: as much work as all else in a call, and the same for each of their messages. */
const roomKeys = new Map<string, RoomKeys>();

/**
 * ioredis keeps it in its queue and matches the reply. One object for one call after the other: ioredis would make a
 * command, two promises and five functions for each of them. ioredis would also turn the bodies into strings, join all
 * arguments to one, and encode that: for a small message, as much work as all else here.
 */
export class PublishCall extends Command {
  /** Of the call under way; kept no longer than it. */
  #messages = NONE;
  #terms: PublishTerms | undefined;
  #link: object | undefined;
  #resolve!: (replies: string[]) => void;
  #reject!: (error: Error) => void;

  constructor(private readonly redis: Redis) {
    super('evalsha');
    // ioredis's own promise of it never settles, so a tracer had better not wait for it.
    this.isTraced = true;
    this.resolve = (replies: readonly Buffer[]) => {
      this.#messages = NONE;
      this.#resolve(replies.map(asText));
    };
    this.reject = (error) => this.#onError(error);
  }

  /**
   * To be called only when the call before has settled.
   *
   * @returns for each message what the script says of it; rejects when Redis refuses the call or the link is cut
   */
  run(messages: readonly Addressed[], terms: PublishTerms): Promise<string[]> {
    this.#messages = messages;
    this.#terms = terms;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      void this.redis.sendCommand(this);
    });
  }

  /** The first one on each link brings the script along, so that it is never refused for want of it. */
  override toWritable(link: object): Buffer {
    const script = knowing.has(link) ? BY_HASH : IN_FULL;
    this.#link = link;
    knowing.add(link);
    return encodePublish(this.#messages, this.#terms!, script);
  }

  /** A Redis that has forgotten the script has done nothing, and gets it in full. */
  #onError(error: Error): void {
    if (error.message.startsWith('NOSCRIPT') && this.#link) {
      knowing.delete(this.#link);
      return void this.redis.sendCommand(this);
    }
    this.#messages = NONE;
    this.#reject(error);
  }
}

function asText(reply: Buffer): string {
  return reply.toString('latin1');
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
  const argumentCount = 3 + keyCount + 4 + 3 * messages.length;
  let head = `*${argumentCount}${CRLF}${script}${ascii(`${keyCount}`)}`;
  // Nothing but the ids can have characters of more than a byte.
  let surplus = 0;
  for (const { room, draft } of messages) {
    const { messageId } = draft;
    const { before, own, ownLength } = keysOf(room);
    const idLength = Buffer.byteLength(messageId);
    head += before + (ownLength + idLength) + own + messageId + CRLF;
    surplus += idLength - messageId.length;
  }
  head += terms.history + ascii(terms.freshEpoch);
  return join(head, head.length + surplus, messages);
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

function join(head: string, headLength: number, messages: readonly Addressed[]): Buffer {
  let byteLength = headLength;
  // Each stands behind a body.
  const texts = messages.map(({ draft }, index) => {
    const next = messages[index + 1];
    const text = CRLF + ascii(draft.fingerprint) + decimal(draft.rememberMs) + (next ? lengthLine(next) : '');
    byteLength += draft.body.length + text.length;
    return text;
  });
  const first = lengthLine(messages[0]!);
  const bytes = Buffer.allocUnsafe(byteLength + first.length);
  let at = bytes.write(head + first);
  for (let index = 0; index < messages.length; index++) {
    const { body } = messages[index]!.draft;
    bytes.set(body, at);
    at += body.length;
    at += bytes.write(texts[index]!, at, 'latin1');
  }
  return bytes;
}

function lengthLine({ draft }: Addressed): string {
  return `$${draft.body.length}${CRLF}`;
}

let latest = { value: Number.NaN, text: '' };

/** One of two, and mostly the same one again. */
function decimal(value: number): string {
  if (value !== latest.value) latest = { value, text: ascii(`${value}`) };
  return latest.text;
}

function ascii(text: string): string {
  return `$${text.length}${CRLF}${text}${CRLF}`;
}
