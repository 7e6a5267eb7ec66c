// The plain dialect: `{"sender","content"}` to everybody, both ways, and not a word more.
import type { Request } from '../commands.js';
import { displayName } from '../display-name.js';
import { readBody } from '../message-body.js';
import type { Publication } from '../position.js';
import { type Dialect, type Frame, MalformedFrame } from './dialect.js';
import { parseSoundObject } from './json.js';

export const plain = {
  name: 'plain',
  hearsLobby: true,

  decode(text: string): Request {
    const { sender, content } = parseSoundObject(text);
    if (typeof content !== 'string') throw new MalformedFrame('content must be a string');
    return { type: 'BROADCAST', ref: undefined, body: { message: content, name: displayName(sender) } };
  },

  encodeReply: () => undefined,
  encodeError: () => undefined,
  encodeEvent: () => undefined,

  encodePublication(_room: string, { body }: Publication): Frame {
    const { sender, message } = readBody(body);
    return JSON.stringify({ sender: sender.name, content: message });
  },
} satisfies Dialect;
