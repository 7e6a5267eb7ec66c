// What a client may ask for, in the native model; every dialect decodes to these.
import type { ChatError } from './errors.js';
import type { ClaimedPosition } from './position.js';

/**
 * What the client put on a command so that it knows the reply: a string, a number, or null where it wants a reply
 * without a name, which only JSON-RPC has.
 */
export type CommandRef = string | number | null;

/** All commands. `alone`: it starts when all before it are answered, and holds up all behind it. */
export const COMMANDS = {
  SUBSCRIBE: { alone: true },
  UNSUBSCRIBE: { alone: true },
  SEND_MESSAGE: { alone: false },
  HISTORY: { alone: true },
  MEMBERS: { alone: true },
  TYPING: { alone: false },
  AUTH: { alone: true },
  KICK: { alone: true },
  PING: { alone: false },
  // For dialects without rooms, or with one at a time. The native one has no words for them.
  ENTER: { alone: true },
  LEAVE: { alone: true },
  SAY: { alone: false },
  BROADCAST: { alone: false },
  ROOMS: { alone: true },
} as const;

export type CommandType = keyof typeof COMMANDS;

/** A decoded command, of which the members are not checked yet. */
interface Asked {
  readonly type: CommandType;
  readonly ref: CommandRef | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A decoded frame which asks for nothing that we could do. It is answered in its turn. */
interface Refused {
  readonly type: undefined;
  readonly ref: CommandRef | undefined;
  readonly refusal: ChatError;
}

export type Request = Asked | Refused;

export interface SubscribeCommand {
  readonly room: string;
  readonly since?: ClaimedPosition;
  /** How many of the newest messages to replay, 0–300. */
  readonly history?: number;
}

export interface UnsubscribeCommand {
  readonly room: string;
}

export interface SendMessageCommand {
  readonly room: string;
  readonly message: string;
  readonly data?: Record<string, unknown>;
  /** Idempotency key, 1–64 characters. */
  readonly messageId?: string;
}

export interface HistoryCommand {
  readonly room: string;
  /** Only messages below this offset. */
  readonly before?: number;
  /** Only messages above this offset. */
  readonly after?: number;
  /** 1–300; 50 by default. */
  readonly limit?: number;
}

export interface MembersCommand {
  readonly room: string;
  /** 1–1,000; 100 by default. */
  readonly limit?: number;
}

export interface TypingCommand {
  readonly room: string;
  readonly typing: boolean;
}

export interface AuthCommand {
  readonly token: string;
}

export interface KickCommand {
  readonly room: string;
  /** A user's id. */
  readonly user: string;
}

/** To be in this room and in no other. */
export interface EnterCommand {
  readonly room: string;
  /** What a guest wants to be called. */
  readonly name?: string;
}

/** To the room the connection is in. */
export interface SayCommand {
  readonly message: string;
}

/** To the room of the connection's path, or else to the lobby; not only for its members. */
export interface BroadcastCommand {
  readonly message: string;
  readonly data?: Record<string, unknown>;
  /** What a guest wants to be called. */
  readonly name?: string;
  /** The request's own reference, which those who hear it in the same dialect are told. */
  readonly ref?: CommandRef;
}
