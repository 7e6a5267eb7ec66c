// The frames of the dialect roomcast.v1, as a client reads them.
import type { ErrorCode } from './errors.js';
import type { History, Reply, Rooms, ServerEvent } from './events.js';
import type { MessageBody } from './message-body.js';

/** A message of a room that the connection is in, in the order of the room's log; the sender gets it, too. */
export type MessageFrame = Omit<MessageBody, 'via'> & {
  readonly type: 'MESSAGE';
  readonly room: string;
  /** Its place in the room's log. */
  readonly offset: number;
};

/** A page of what was said in a room. */
type HistoryFrame = Omit<History, 'messages'> & {
  /** Oldest first. */
  readonly messages: readonly MessageFrame[];
};

/** Why a command failed; the connection stays open. */
export interface ErrorFrame {
  readonly type: 'ERROR';
  readonly code: ErrorCode;
  /** For people. */
  readonly message: string;
  /** Whether the same command may succeed later, without a change. */
  readonly retryable: boolean;
  /** When to try again, for RATE_LIMITED. */
  readonly retryAfterMs?: number;
}

/** All that the server says. Answers to a command carry its `id` besides. */
export type ServerFrame =
  Exclude<Reply, History | Rooms> | HistoryFrame | ServerEvent | MessageFrame | ErrorFrame;
