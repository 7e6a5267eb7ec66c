// Writes the body of a message, which is stored and fanned out as it is.
import type { MessageBody } from './position.js';

/** What JSON writes otherwise than as it is; of surrogates, those without their other half. */
const SPECIAL = /["\\\ud800-\udfff]|[^ -\uffff]/;

/** A message's body, with its data as the JSON which it already is; empty where there is none. */
export type BodyParts = Omit<MessageBody, 'data'> & { readonly data: string };

/** The UTF-8 of what JSON.stringify makes of a `MessageBody`, which takes longer for it than all else here. */
export function encodeBody({ messageId, sender, message, data, sentAt }: BodyParts): Buffer {
  const head = `{"messageId":${quote(messageId)},"sender":{"id":${quote(sender.id)},"name":${quote(sender.name)}}`;
  const rest = data === '' ? '' : `,"data":${data}`;
  return Buffer.from(`${head},"message":${quote(message)}${rest},"sentAt":"${sentAt}"}`);
}

function quote(text: string): string {
  return SPECIAL.test(text) ? JSON.stringify(text) : `"${text}"`;
}
