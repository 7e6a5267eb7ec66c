// What each command of the native dialect is for, how it is answered, and what it looks like.
import type { NATIVE_COMMANDS } from '../../protocol/dialects/native.js';
import type { ServerFrame } from '../../protocol/frames.js';

export type NativeCommand = (typeof NATIVE_COMMANDS)[number];

export interface CommandText {
  readonly summary: string;
  readonly description?: string;
  /** Undefined: it has none. */
  readonly reply: ServerFrame['type'] | undefined;
  /** In an order in which one connection may send them, that of this table. */
  readonly examples: readonly (Readonly<Record<string, unknown>> & { readonly type: NativeCommand })[];
}

export const COMMAND_TEXTS: Readonly<Record<NativeCommand, CommandText>> = {
  SUBSCRIBE: {
    summary: 'Join a room',
    description:
      'With `since`, everything after that position is replayed, and `recovered` tells whether that was possible; ' +
      'with `history`, the newest messages are. No hole and no repeat is between what is replayed and what follows. ' +
      'To join a room again changes nothing.',
    reply: 'SUBSCRIBED',
    examples: [
      { type: 'SUBSCRIBE', id: 1, room: 'general', history: 50 },
      {
        type: 'SUBSCRIBE',
        id: 'resume',
        room: 'support',
        since: { epoch: 'k2f9', offset: 42, messageId: '5b1c7f6e' },
      },
    ],
  },
  SEND_MESSAGE: {
    summary: 'Send to a room that the connection is in',
    description:
      'Answered by `ACK`, if it carried an `id`, once the broker has stored it. All members get the `MESSAGE`, the ' +
      'sender, too. With a `messageId` it may be sent again, from whichever connection, and is still one message.',
    reply: 'ACK',
    examples: [
      { type: 'SEND_MESSAGE', id: 2, room: 'general', message: 'Hello' },
      {
        type: 'SEND_MESSAGE',
        id: 3,
        room: 'general',
        message: 'Lunch?',
        messageId: '3f0d8a52-6a55-4c50',
        data: { mood: 'hungry' },
      },
    ],
  },
  TYPING: {
    summary: 'Tell the others of a room that one types, or has ceased to',
    description: 'Never stored, not answered, and the first to be dropped where a connection is slow.',
    reply: undefined,
    examples: [{ type: 'TYPING', room: 'general', typing: true }],
  },
  HISTORY: {
    summary: 'Read a page of what was said in a room',
    description: 'The newest messages, those below `before`, or those above `after`.',
    reply: 'HISTORY',
    examples: [
      { type: 'HISTORY', id: 4, room: 'general', limit: 20 },
      { type: 'HISTORY', id: 5, room: 'general', before: 2 },
    ],
  },
  MEMBERS: {
    summary: 'Ask who is in a room',
    reply: 'MEMBERS',
    examples: [{ type: 'MEMBERS', id: 6, room: 'general', limit: 20 }],
  },
  KICK: {
    summary: 'Take a user out of a room, on every instance',
    description: 'Takes the right `moderate` in that room.',
    reply: 'KICKED',
    examples: [{ type: 'KICK', id: 7, room: 'general', user: 'u-eve' }],
  },
  UNSUBSCRIBE: {
    summary: 'Leave a room',
    description: 'Answered in the same way where the connection was not in it.',
    reply: 'UNSUBSCRIBED',
    examples: [{ type: 'UNSUBSCRIBE', id: 8, room: 'general' }],
  },
  AUTH: {
    summary: 'Show a token, the first one or a newer one of the same user',
    description: 'In time, it keeps the connection from being closed when the token before runs out.',
    reply: 'AUTHENTICATED',
    examples: [{ type: 'AUTH', id: 9, token: '<a JWT of this server>' }],
  },
  PING: {
    summary: 'Ask whether the server is there',
    description: "For clients which can't see the WebSocket's own pings, as browsers can't.",
    reply: 'PONG',
    examples: [{ type: 'PING', id: 10 }],
  },
};

/** In the order of the table. */
export const COMMANDS_TOLD = Object.keys(COMMAND_TEXTS) as NativeCommand[];
