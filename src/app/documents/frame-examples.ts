// What each frame of the server looks like in the native dialect.
import type { ServerFrame } from '../../protocol/frames.js';

/** Of those which have several types, one of them. */
type Example<Type, Frame = ServerFrame> = Frame extends { readonly type: infer Types }
  ? Type extends Types
    ? Frame & { readonly id?: string | number }
    : never
  : never;

const ada = { id: 'u-ada', name: 'Ada' };
const eve = { id: 'u-eve', name: 'Eve' };
const room = 'general';
const epoch = 'k2f9';
const message = {
  type: 'MESSAGE',
  room,
  offset: 43,
  messageId: '3f0d8a52-6a55-4c50',
  sender: ada,
  message: 'Lunch?',
  data: { mood: 'hungry' },
  sentAt: '2026-01-02T03:04:05.678Z',
} as const;

export const FRAME_EXAMPLES: { readonly [Type in ServerFrame['type']]: readonly Example<Type>[] } = {
  WELCOME: [
    {
      type: 'WELCOME',
      connectionId: 'c-1',
      user: ada,
      limits: { maxFrameBytes: 65_536, maxRooms: 100 },
      heartbeatMs: 25_000,
    },
  ],
  SUBSCRIBED: [
    { type: 'SUBSCRIBED', id: 1, room, epoch, offset: 42, replayed: 0, members: 1 },
    { type: 'SUBSCRIBED', id: 'resume', room, epoch, offset: 45, recovered: true, replayed: 3, members: 12 },
  ],
  UNSUBSCRIBED: [
    { type: 'UNSUBSCRIBED', id: 8, room },
    { type: 'UNSUBSCRIBED', room, reason: 'kicked' },
  ],
  MESSAGE: [message],
  ACK: [{ type: 'ACK', id: 3, room, epoch, offset: 43, messageId: message.messageId, duplicate: false }],
  HISTORY: [{ type: 'HISTORY', id: 4, room, epoch, messages: [message], more: true }],
  MEMBERS: [
    {
      type: 'MEMBERS',
      id: 6,
      room,
      count: 1,
      members: [{ ...ada, since: '2026-01-02T03:04:05.678Z' }],
    },
  ],
  MEMBER_JOINED: [{ type: 'MEMBER_JOINED', room, member: eve, members: 2 }],
  MEMBER_LEFT: [{ type: 'MEMBER_LEFT', room, member: eve, members: 1 }],
  MEMBERS_CHANGED: [
    { type: 'MEMBERS_CHANGED', room, joined: [eve], left: [ada], members: 640 },
    { type: 'MEMBERS_CHANGED', room, members: 4_711 },
  ],
  TYPING: [{ type: 'TYPING', room, member: eve, typing: true }],
  KICKED: [{ type: 'KICKED', id: 7, room, user: 'u-eve' }],
  AUTHENTICATED: [{ type: 'AUTHENTICATED', id: 9, user: ada, expiresAt: '2026-01-02T04:04:05.000Z' }],
  PONG: [{ type: 'PONG', id: 1 }],
  GAP: [{ type: 'GAP', room, epoch, from: 44, to: 90 }],
  RESET: [{ type: 'RESET', room, epoch: 'm7c2', offset: 0, reason: 'broker_data_lost' }],
  RECONNECT: [{ type: 'RECONNECT', afterMs: 1_834, deadlineMs: 20_000 }],
  ERROR: [
    {
      type: 'ERROR',
      id: 3,
      code: 'NOT_SUBSCRIBED',
      message: 'Join general before sending to it',
      retryable: false,
    },
    {
      type: 'ERROR',
      id: 3,
      code: 'RATE_LIMITED',
      message: 'Too many commands',
      retryable: true,
      retryAfterMs: 10,
    },
  ],
};
