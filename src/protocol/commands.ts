// What a client may ask for, in the native model; every dialect decodes to these.
import type { ClaimedPosition } from './position.js';

/** What the client put on a command so that it knows the reply: a string of ≤ 64 characters, or an integer. */
export type CommandRef = string | number;

/** All commands by type. `alone`: it starts when all before it are answered, and holds up all behind it. */
export const COMMANDS: ReadonlyMap<string, { readonly alone: boolean }> = new Map([
  ['SUBSCRIBE', { alone: true }],
  ['UNSUBSCRIBE', { alone: true }],
  ['SEND_MESSAGE', { alone: false }],
  ['HISTORY', { alone: true }],
  ['MEMBERS', { alone: true }],
  ['TYPING', { alone: false }],
  ['AUTH', { alone: true }],
  ['KICK', { alone: true }],
  ['PING', { alone: false }],
]);

/** A decoded frame: its type is known to be a string, its members are not checked yet. */
export interface Request {
  readonly type: string;
  readonly ref: CommandRef | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

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
