// The seam of a client's connection, as everything above the socket sees it.
import { CloseCode } from '../protocol/close-codes.js';
import type { Dialect, Frame } from '../protocol/dialects/dialect.js';
import type { LossEvent, ServerEvent } from '../protocol/events.js';
import type { Session } from './session.js';

export interface Connection {
  readonly id: string;
  readonly session: Session;
  /** The dialect to speak to it; one that stands in while the client has not shown its own. */
  readonly dialect: Dialect;
  /** True from the moment it can't take frames any more, for ever. */
  readonly closed: boolean;
  /** Whether its send buffer is within its byte budget. Only replies may be sent while it is not. */
  readonly writable: boolean;

  /** Never throws. In order. Dropped once closed; a buffer over the hard ceiling closes it with 4008. */
  send(frame: Frame): void;
  /** Resolves when it is writable or closed, whichever is first; at once where it already is. */
  whenWritable(): Promise<void>;
  /** Idempotent. Ends the socket hard when the peer doesn't answer the close frame in time. */
  close(code: CloseCode): void;
}

/** Sends an event in the connection's dialect. False: that has no words for it, and nothing is sent. */
export function tell(connection: Connection, event: ServerEvent): boolean {
  const frame = connection.dialect.encodeEvent(event);
  if (frame !== undefined) connection.send(frame);
  return frame !== undefined;
}

/** Says that messages were lost: in words, or where the dialect has none, by the close code. */
export function tellLoss(connection: Connection, event: LossEvent): void {
  if (!tell(connection, event)) connection.close(CloseCode.POSITION_LOST);
}
