// The envelope dialect: `{"type","payload"}`, one room at a time, from room 0 on; the server says new_message alone.
import type { Request } from '../commands.js';
import { ChatError } from '../errors.js';
import { readBody } from '../message-body.js';
import type { Publication } from '../position.js';
import { type Dialect, type Frame, MalformedFrame } from './dialect.js';
import { isObject, parseSoundObject } from './json.js';

export const envelope = {
  name: 'envelope',
  home: '0',

  decode(text: string): Request {
    const { type, payload } = parseSoundObject(text);
    if (typeof type !== 'string') throw new MalformedFrame('type must be a string');
    const { message, name } = isObject(payload) ? payload : {};
    if (type === 'send_message') return { type: 'SAY', ref: undefined, body: { message } };
    if (type === 'change_room') return { type: 'ENTER', ref: undefined, body: { room: name } };
    const refusal = new ChatError('UNKNOWN_TYPE', 'There is no command of this type');
    return { type: undefined, ref: undefined, refusal };
  },

  encodeReply: () => undefined,
  encodeError: () => undefined,
  encodeEvent: () => undefined,

  encodePublication(_room: string, { body }: Publication): Frame {
    const { sender, message, sentAt } = readBody(body);
    return JSON.stringify({ type: 'new_message', payload: { message, from: sender.name, sent: sentAt } });
  },
} satisfies Dialect;
