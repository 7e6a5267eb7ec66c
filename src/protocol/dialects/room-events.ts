// The room-events dialect: `{"type":"join"|"message"|"leaveRoom"|"getRoomList"}`, one room at a time, presence in words.
import type { Request } from '../commands.js';
import { displayName } from '../display-name.js';
import { ChatError } from '../errors.js';
import type { Identity, MemberEvent, Reply, ServerEvent } from '../events.js';
import { readBody } from '../message-body.js';
import type { Publication } from '../position.js';
import { type Dialect, type Frame, MalformedFrame } from './dialect.js';
import { defectOf, isObject, parseJson } from './json.js';

export const roomEvents = {
  name: 'room-events',

  decode(text: string): Request {
    const frame = parseFrame(text);
    switch (frame['type']) {
      case 'join':
        return decodeJoin(frame);
      case 'message':
        return { type: 'SAY', ref: undefined, body: { message: frame['content'] } };
      case 'leaveRoom':
        return { type: 'LEAVE', ref: undefined, body: {} };
      case 'getRoomList':
        return { type: 'ROOMS', ref: undefined, body: {} };
      default:
        return refused('UNKNOWN_TYPE', 'Unknown message type');
    }
  },

  encodeReply(reply: Reply | undefined): Frame | undefined {
    switch (reply?.type) {
      case 'SUBSCRIBED': {
        const { room, members } = reply;
        const message = `Joined room ${room}`;
        return JSON.stringify({ type: 'roomJoined', roomId: room, memberCount: members, message });
      }
      case 'ROOMS':
        return encodeRooms(reply.rooms);
      default:
        return undefined;
    }
  },

  encodeError(error: ChatError, request: Request | undefined): Frame {
    return encodeProblem(wordsFor(error, request));
  },

  encodeEvent(event: ServerEvent): Frame | undefined {
    switch (event.type) {
      case 'WELCOME':
        return JSON.stringify({ type: 'connected', message: 'Connected', userId: event.user.id });
      case 'UNSUBSCRIBED':
        return encodeProblem(`You were taken out of room ${event.room}`);
      case 'GAP':
        return encodeProblem(`You were too slow: ${event.to - event.from + 1} messages were not sent to you`);
      case 'RESET':
        return encodeProblem('The server lost messages of this room');
      case 'TYPING':
      case 'RECONNECT':
        return undefined;
      case 'MEMBER_JOINED':
      case 'MEMBER_LEFT':
      case 'MEMBERS_CHANGED':
        return encodeMemberEvent(event);
    }
  },

  encodePublication(_room: string, { body }: Publication): Frame {
    const { sender, message, sentAt } = readBody(body);
    const { id: userId, name: username } = sender;
    return JSON.stringify({ type: 'message', content: message, username, userId, timestamp: sentAt });
  },
} satisfies Dialect;

/** @throws MalformedFrame */
function parseFrame(text: string): Record<string, unknown> {
  const frame = parseJson(text);
  if (!isObject(frame)) throw new MalformedFrame('Unknown message type');
  const defect = defectOf(frame);
  if (defect !== undefined) throw new MalformedFrame(defect);
  if (typeof frame['type'] !== 'string') throw new MalformedFrame('Unknown message type');
  return frame;
}

function decodeJoin({ roomId, username }: Record<string, unknown>): Request {
  const name = displayName(username);
  if (!roomId || name === undefined) return refused('BAD_REQUEST', 'roomId & username required');
  return { type: 'ENTER', ref: undefined, body: { room: roomId, name } };
}

function refused(code: 'UNKNOWN_TYPE' | 'BAD_REQUEST', message: string): Request {
  return { type: undefined, ref: undefined, refusal: new ChatError(code, message) };
}

function wordsFor(error: ChatError, request: Request | undefined): string {
  if (error instanceof MalformedFrame && error.syntax) return 'Invalid JSON format';
  if (error.code === 'NOT_SUBSCRIBED') return 'Join a room first';
  return request?.type === 'ENTER' ? 'Join failed' : error.message;
}

function encodeProblem(message: string): Frame {
  return JSON.stringify({ type: 'error', message });
}

/** The dialect has a word for one who came or went: of many at once, the last one is told, with the number after all. */
function encodeMemberEvent(event: MemberEvent): Frame | undefined {
  const { members } = event;
  switch (event.type) {
    case 'MEMBER_JOINED':
      return encodeMember('userJoined', event.member, members);
    case 'MEMBER_LEFT':
      return encodeMember('userLeft', event.member, members);
    case 'MEMBERS_CHANGED': {
      const [joined, left] = [event.joined?.at(-1), event.left?.at(-1)];
      if (joined) return encodeMember('userJoined', joined, members);
      return left && encodeMember('userLeft', left, members);
    }
  }
}

function encodeMember(type: string, { id: userId, name: username }: Identity, memberCount: number): Frame {
  return JSON.stringify({ type, username, userId, memberCount });
}

function encodeRooms(rooms: (Reply & { type: 'ROOMS' })['rooms']): Frame {
  const oldestFirst = rooms.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  return JSON.stringify({
    type: 'roomList',
    rooms: oldestFirst.map(({ name, count, createdAt }) => ({
      roomId: name,
      name,
      memberCount: count,
      createdAt,
    })),
  });
}
