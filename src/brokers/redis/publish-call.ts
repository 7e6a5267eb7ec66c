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
  readonly historySize: number;
  readonly historyTtlMs: number;
  readonly metaTtlMs: number;
  readonly freshEpoch: string;
}

const CRLF = '\r\n';
const BY_HASH = ascii('evalsha') + ascii(createHash('sha1').update(PUBLISH).digest('hex'));
const IN_FULL = ascii('eval') + ascii(PUBLISH);

/** Links over which the script has been sent in full. */
const knowing = new WeakSet<object>();

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
export async function callPublish(
  redis: Redis,
  messages: readonly Addressed[],
  terms: PublishTerms,
): Promise<string[]> {
  const call = new PublishCall(messages, terms);
  try {
    return (await redis.sendCommand(call)) as string[];
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    call.forget();
    return (await redis.sendCommand(new PublishCall(messages, terms))) as string[];
  }
}

/**
 * KEYS and ARGV as the script has them, as one array of bulk strings.
 *
 * @param script the command and the script or its hash, as two bulk strings
 */
export function encodePublish(messages: readonly Addressed[], terms: PublishTerms, script: string): Buffer {
  const { historySize, historyTtlMs, metaTtlMs, freshEpoch } = terms;
  const keyCount = 3 * messages.length;
  const argumentCount = 3 + keyCount + 4 + 4 * messages.length;
  let head = `*${argumentCount}${CRLF}${script}${ascii(`${keyCount}`)}`;
  for (const { room, draft } of messages) {
    head += ascii(metaKey(room)) + ascii(logKey(room)) + bulk(messageIdKey(room, draft.messageId));
  }
  head += ascii(`${historySize}`) + ascii(`${historyTtlMs}`) + ascii(`${metaTtlMs}`) + ascii(freshEpoch);
  return join(head, messages);
}

function join(head: string, messages: readonly Addressed[]): Buffer {
  // Each text stands before a body, or behind the last one.
  const texts = [head];
  let byteLength = 0;
  for (const [index, { draft }] of messages.entries()) {
    const { messageId, body, fingerprint, rememberMs } = draft;
    texts[index] += `${bulk(messageId)}$${body.length}${CRLF}`;
    texts.push(CRLF + ascii(fingerprint) + ascii(`${rememberMs}`));
    byteLength += body.length;
  }
  for (const text of texts) byteLength += Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(byteLength);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    at += bytes.write(text, at);
    const body = messages[index]?.draft.body;
    if (body) at += body.copy(bytes, at);
  }
  return bytes;
}

function ascii(text: string): string {
  return `$${text.length}${CRLF}${text}${CRLF}`;
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}${CRLF}${text}${CRLF}`;
}
