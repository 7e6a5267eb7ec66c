// The frames of the dialect roomcast.v1, as a client reads them.
import type { ErrorCode } from '../../src/protocol/errors.js';
import type { History, Reply, ServerEvent } from '../../src/protocol/events.js';
import type { MessageBody } from '../../src/protocol/message-body.js';

export type MessageFrame = Omit<MessageBody, 'via'> & {
  readonly type: 'MESSAGE';
  readonly room: string;
  readonly offset: number;
};

type HistoryFrame = Omit<History, 'messages'> & { readonly messages: readonly MessageFrame[] };

export interface ErrorFrame {
  readonly type: 'ERROR';
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

type AnyFrame = Exclude<Reply, History> | HistoryFrame | ServerEvent | MessageFrame | ErrorFrame;

/** Frames of later versions may have other types: what is not known is left alone. */
export type Frame = AnyFrame & { readonly id?: number };

/** Frames about a room. */
export type RoomFrame = Extract<Frame, { readonly room: string }>;

export type FrameOf<Type extends Frame['type']> = Extract<Frame, { readonly type: Type }>;
