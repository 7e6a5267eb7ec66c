// Errors and states as people say them.
import type { ChatError, ConnectionState } from '@roomcast/client';

type Code = ChatError['code'];

const WORDS: Partial<Record<Code, string>> = {
  BAD_ROOM: 'There can be no room of that name.',
  UNAUTHENTICATED: 'The server does not accept who you are any more.',
  FORBIDDEN: 'You are not allowed to do this here.',
  NOT_SUBSCRIBED: 'You are not in this room.',
  MESSAGE_TOO_LARGE: 'This message is too long.',
  RATE_LIMITED: 'That was too much at once. Try again in a moment.',
  LIMIT_EXCEEDED: 'You are in as many rooms as the server allows.',
  CONFLICT: 'Another message was stored in its place.',
  UNAVAILABLE: 'The server can’t store messages at the moment.',
  INTERNAL: 'The server failed.',
  CLOSED: 'The connection was closed.',
  DISCONNECTED: 'There is no connection to the server.',
  LEFT: 'You left this room.',
  QUEUE_FULL: 'Too many messages wait to be sent.',
  TIMEOUT: 'The server did not answer in time.',
};

const CLOSE_WORDS: Readonly<Record<number, string>> = {
  4000: 'The server restarts.',
  4008: 'This page was too slow for the server.',
  4010: 'The server lost its place.',
  4029: 'The server was asked too much at once.',
  4500: 'The server does not accept who you are any more.',
  4501: 'The server did not understand this page.',
  4502: 'The server did not learn in time who you are.',
  4503: 'You were disconnected by a moderator.',
};

/** A sentence for any error; a server's own words where we have none. */
export function inWords(error: unknown): string {
  const { code, closeCode, cause, message } = (error ?? {}) as Partial<ChatError>;
  if (closeCode !== undefined && CLOSE_WORDS[closeCode]) return CLOSE_WORDS[closeCode];
  if (code === 'DISCONNECTED' && isCoded(cause)) return inWords(cause);
  if (code !== undefined && WORDS[code]) return WORDS[code];
  return message ? message.replace(/\.?$/, '.') : 'Something went wrong.';
}

function isCoded(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string';
}

export function typingInWords(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return '';
  if (second === undefined) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return names.length === 3 ? `${first}, ${second} and one more are typing…` : 'Several people are typing…';
}

/** The state without the countdown: what is read out once. */
export function stateInWords(state: ConnectionState): string {
  switch (state.status) {
    case 'idle':
    case 'connecting':
      return state.status === 'connecting' && state.attempt > 0 ? 'Connecting again…' : 'Connecting…';
    case 'connected':
      return 'Connected';
    case 'waiting':
      return inWords(state.reason);
    case 'closed':
      return state.reason ? inWords(state.reason) : 'Disconnected.';
  }
}

/** What is known of a room id before the server is asked. */
export function isRoomId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$/.test(text);
}

export function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
