// The native dialect, subprotocol roomcast.v1: one JSON object a frame, upper-case types.
import type { CommandRef, CommandType, Request } from '../commands.js';
import { ChatError } from '../errors.js';
import type { Reply, ServerEvent } from '../events.js';
import { messageHead, publicBody } from '../message-body.js';
import type { Publication } from '../position.js';
import { type Dialect, type Frame, MalformedFrame } from './dialect.js';
import { defectOf, parseObject } from './json.js';

const MAX_REF_LENGTH = 64;
/** The commands that this dialect has words for. */
export const NATIVE_COMMANDS = [
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'SEND_MESSAGE',
  'HISTORY',
  'MEMBERS',
  'TYPING',
  'AUTH',
  'KICK',
  'PING',
] as const satisfies readonly CommandType[];
const COMMAND_OF: ReadonlyMap<string, CommandType> = new Map(NATIVE_COMMANDS.map((type) => [type, type]));
const HEAD = '{"type":"MESSAGE",';

export const native = {
  name: 'native',

  decode(text: string): Request {
    const body = parseObject(text);
    const ref = isRef(body['id']) ? body['id'] : undefined;
    const defect = defectOf(body);
    if (defect !== undefined) throw new MalformedFrame(defect, { ref });
    if (body['id'] !== undefined && ref === undefined) {
      throw new MalformedFrame(`id must be a string of at most ${MAX_REF_LENGTH} characters, or an integer`);
    }
    if (typeof body['type'] !== 'string') throw new MalformedFrame('type must be a string', { ref });
    const type = COMMAND_OF.get(body['type']);
    if (!type)
      return { type, ref, refusal: new ChatError('UNKNOWN_TYPE', 'There is no command of this type') };
    // An alias; the room's own check finds what is wrong with it.
    if (body['room'] === undefined) body['room'] = body['roomId'];
    return { type, ref, body };
  },

  encodeReply(reply: Reply | undefined, request: Request | undefined): Frame | undefined {
    const ref = request?.ref;
    if (!reply || (reply.type === 'ACK' && ref === undefined)) return undefined;
    if (reply.type !== 'HISTORY') return JSON.stringify(withRef(reply, ref));
    const head = JSON.stringify({ ...withRef(reply, ref), messages: undefined, more: undefined });
    const messages = encodeMessages(reply.room, reply.messages);
    return `${head.slice(0, -1)},"messages":[${messages}],"more":${reply.more}}`;
  },

  encodeError(error: ChatError, request: Request | undefined): Frame {
    const { code, message, retryable, retryAfterMs } = error;
    return JSON.stringify({ type: 'ERROR', id: request?.ref, code, message, retryable, retryAfterMs });
  },

  encodeEvent(event: ServerEvent): Frame {
    return JSON.stringify(event);
  },

  encodePublication(room: string, publication: Publication): Frame {
    const body = publicBody(publication.body);
    const head = HEAD + messageHead(room, publication.offset);
    // Its start is ASCII; the comma at its end takes the place of the stored body's opening brace.
    const frame = Buffer.allocUnsafe(head.length + body.length - 1);
    frame.set(body, head.length - 1);
    frame.write(head, 'latin1');
    return frame;
  },
} satisfies Dialect;

function isRef(value: unknown): value is CommandRef {
  return typeof value === 'string' ? value.length <= MAX_REF_LENGTH : Number.isSafeInteger(value);
}

/** Puts `id` right behind `type`; JSON.stringify leaves it out where the command carried none. */
function withRef({ type, ...members }: Reply, ref: CommandRef | undefined): object {
  return { type, id: ref, ...members };
}

/** MESSAGE frames with commas between them. */
export function encodeMessages(room: string, publications: readonly Publication[]): string {
  return publications
    .map(({ offset, body }) => HEAD + messageHead(room, offset) + publicBody(body).toString('utf8', 1))
    .join(',');
}
