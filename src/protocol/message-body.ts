// The stored form of a message: written once, spliced into frames as it is, and what only dialects look at.
import type { CommandRef } from './commands.js';

/** What `Publication.body` holds. The members are in this order, `messageId` first and `via` last. */
export interface MessageBody {
  readonly messageId: string;
  readonly sender: { readonly id: string; readonly name: string };
  readonly message: string;
  readonly data?: Record<string, unknown>;
  /** ISO 8601, UTC, milliseconds. */
  readonly sentAt: string;
  /** What its sender spoke, where that was not the native dialect; for those who have shown none themselves. */
  readonly via?: Via;
}

export interface Via {
  /** A dialect's name. */
  readonly dialect: string;
  /** What the sender's request was called, where its dialect passes that on. */
  readonly ref?: CommandRef;
}

const CLOSING_BRACE = 0x7d;
/** What JSON writes otherwise than as it is; of surrogates, those without their other half. */
const SPECIAL = /["\\\ud800-\udfff]|[^ -\uffff]/;

/** A message's body, with its data as the JSON which it already is; empty where there is none. */
export type BodyParts = Omit<MessageBody, 'data' | 'via'> & {
  readonly data: string;
  readonly via?: Via | undefined;
};

/** The UTF-8 of what JSON.stringify makes of a `MessageBody`, which takes longer for it than all else here. */
export function encodeBody({ messageId, sender, message, data, sentAt, via }: BodyParts): Buffer {
  const from = `"id":"${escaped(sender.id)}","name":"${escaped(sender.name)}"`;
  const rest = data === '' ? '' : `,"data":${data}`;
  const end = via ? `,"via":${JSON.stringify(via)}}` : '}';
  return Buffer.from(
    `{"messageId":"${escaped(messageId)}","sender":{${from}},"message":"${escaped(message)}"${rest},"sentAt":"${sentAt}"${end}`,
  );
}

function escaped(text: string): string {
  return SPECIAL.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

/**
 * `via` is the last member, an object, and all others end in a string: so the byte before the last tells whether it is
 * there, and messages of native senders are spliced without a look inside.
 */
function hasVia(body: Buffer): boolean {
  return body[body.length - 2] === CLOSING_BRACE;
}

export function readBody(body: Buffer): MessageBody {
  return JSON.parse(body.toString()) as MessageBody;
}

export function viaOf(body: Buffer): Via | undefined {
  return hasVia(body) ? readBody(body).via : undefined;
}

/** The same JSON without `via`, which is nothing to tell the members. Not to be written into. */
export function publicBody(body: Buffer): Buffer {
  if (!hasVia(body)) return body;
  const { via: _via, ...rest } = readBody(body);
  return Buffer.from(JSON.stringify(rest));
}

/** The JSON of a message as an object's members: the room, its offset, and what was stored. ASCII up to `body`. */
export function messageHead(room: string, offset: number): string {
  return `"room":"${room}","offset":${offset},`;
}
