// What an application sees: options, the connection's state, rooms and their events.
import type { Ack, Identity, Members } from '../../src/protocol/events.js';
import type { ClaimedPosition } from '../../src/protocol/position.js';
import type { ChatError } from './errors.js';

/** The part of a WebSocket that is used: the browser's, Node's since 22, or the one of `ws`. */
export interface WebSocketLike {
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  send(data: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

export interface ChatOptions {
  /**
   * Who the user is: a token, or a function that gets one. The function is called before the first connection, ahead of
   * the token's expiry, and when the server has refused the last one. Without a token the user is a guest under another
   * id on each connection.
   */
  readonly token?: string | (() => string | Promise<string>);
  /** By default the global one, which Node has since 22. */
  readonly WebSocket?: WebSocketConstructor;
  /** Closes the client when aborted. */
  readonly signal?: AbortSignal;
  /** How long the server may take to accept a connection or to answer a command; 10,000. */
  readonly timeoutMs?: number;
  /** How long a message is sent again before `send` gives up, however often the connection is lost; one hour. */
  readonly sendTimeoutMs?: number;
  /** Messages of a room that may wait to be stored; 1,000. */
  readonly maxQueued?: number;
}

export type ConnectionState =
  | { readonly status: 'idle' }
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'connected'; readonly user: Identity; readonly connectionId: string }
  /** `retryAt`: when the next attempt begins, as `Date.now()` has it. */
  | {
      readonly status: 'waiting';
      readonly attempt: number;
      readonly retryAt: number;
      readonly reason: ChatError;
    }
  /** For good: by the application (no reason), or by a server that does not want this client back. */
  | { readonly status: 'closed'; readonly reason?: ChatError };

/** Where in a room's log: right behind the message `offset`. Keep it to go on from there after a reload. */
export type Position = ClaimedPosition;

export interface Message {
  readonly room: string;
  readonly epoch: string;
  /** Rises within an epoch. */
  readonly offset: number;
  /** Unique in the room. */
  readonly messageId: string;
  readonly sender: Identity;
  readonly message: string;
  readonly data?: Record<string, unknown>;
  /** ISO 8601, UTC, milliseconds. */
  readonly sentAt: string;
}

export interface MembersChange {
  /** How many users are in the room now. */
  readonly count: number;
  readonly joined: readonly Identity[];
  readonly left: readonly Identity[];
  /** Whether these are all changes; if not, who shows a list asks for `members()`. */
  readonly complete: boolean;
}

export interface RoomEvents {
  /** Each message once, in the room's order, own ones too. */
  message: Message;
  members: MembersChange;
  /** `typing: false` comes by itself when somebody has stopped. */
  typing: { readonly member: Identity; readonly typing: boolean };
  /** This client was too slow: the messages `from`..`to` will not come. `history` may still have some of them. */
  gap: { readonly epoch: string; readonly from: number; readonly to: number };
  /**
   * What follows may not join up with what has been seen: the server's data was lost (`broker_data_lost`), or this
   * client was away for longer than the log reaches back (`not_recovered`). Read `history` for what there is.
   */
  reset: {
    readonly reason: 'broker_data_lost' | 'not_recovered';
    readonly epoch: string;
    readonly offset: number;
  };
  /** Out of the room, and not by `leave()`. The room is over; it may be joined again. */
  left: { readonly reason: 'kicked' | 'forbidden' | 'refused' | 'closed'; readonly error: ChatError };
}

export interface JoinOptions {
  /** How many of the newest messages to hear first, at most 300. */
  readonly history?: number;
  /** Hear first what came after this position, instead. */
  readonly since?: Position;
  readonly signal?: AbortSignal;
}

export interface SendOptions {
  /** Anything else that goes with the text; a JSON object. */
  readonly data?: Record<string, unknown>;
  /** 1–64 characters; messages under the same id are stored once. By default a new one. */
  readonly messageId?: string;
  /** Gives up; the message may be stored nevertheless if it is on its way. */
  readonly signal?: AbortSignal;
}

/** Where a message was stored. `duplicate`: it had been before, under the same id. */
export type Sent = Omit<Ack, 'type'>;

export interface HistoryOptions {
  /** Only messages below this offset; give at most one of `before` and `after`. */
  readonly before?: number;
  /** Only messages above this offset. */
  readonly after?: number;
  /** 50 by default, at most 300; a page may have fewer though there are more. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface HistoryPage {
  readonly epoch: string;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Whether the log has more in the direction read. */
  readonly more: boolean;
}

export interface MembersOptions {
  /** 100 by default, at most 1,000. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** `count`: of all, listed or not. */
export type MembersPage = Pick<Members, 'count' | 'members'>;

export interface Room {
  readonly id: string;
  /** Right behind the last message heard; undefined until there is one. Give it to `join` as `since`. */
  readonly position: Position | undefined;
  /** How many users are here, as last heard. */
  readonly memberCount: number;
  /** Whether messages come in now; otherwise they will when the connection is back. */
  readonly live: boolean;
  /**
   * Returns what ends the listening. Messages are held back until there is a listener for them, so that none is missed
   * between `join` and `on`.
   */
  on<Type extends keyof RoomEvents>(type: Type, listener: (event: RoomEvents[Type]) => void): () => void;
  /**
   * Resolves when the message is stored. Until then it is sent again after every loss of the connection and every passing
   * refusal; messages of a room are stored in the order of the calls, each once.
   * @throws ChatError CONFLICT, FORBIDDEN, MESSAGE_TOO_LARGE, …; QUEUE_FULL, TIMEOUT; LEFT, CLOSED
   */
  send(message: string, options?: SendOptions): Promise<Sent>;
  /** A page of the past, by default the newest. @throws ChatError */
  history(options?: HistoryOptions): Promise<HistoryPage>;
  /** Who is here, longest present first. @throws ChatError */
  members(options?: MembersOptions): Promise<MembersPage>;
  /** Tells the others; call it on every key, it is sent at most every three seconds. */
  typing(typing: boolean): void;
  /** Messages that still wait to be stored are rejected with LEFT. */
  leave(): void;
}
