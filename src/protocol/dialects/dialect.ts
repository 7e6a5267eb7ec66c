// The seam of a wire format: pure and stateless, it only translates the native model.
import type { CommandRef, Request } from '../commands.js';
import { ChatError } from '../errors.js';
import type { Reply, ServerEvent } from '../events.js';
import type { Publication } from '../position.js';

/** Text of one WebSocket frame; a Buffer holds its UTF-8 bytes. */
export type Frame = string | Buffer;

export interface Dialect {
  readonly name: string;
  /** @throws MalformedFrame when the text is no command of this dialect at all. */
  decode(text: string): Request;
  /** Undefined where the dialect does not answer such a command. */
  encodeReply(reply: Reply, ref: CommandRef | undefined): Frame | undefined;
  encodeError(error: ChatError, ref: CommandRef | undefined): Frame;
  /** Undefined where the dialect has no words for such an event. */
  encodeEvent(event: ServerEvent): Frame | undefined;
  /** Encoded once for all members of a room who speak the dialect. */
  encodePublication(room: string, publication: Publication): Frame;
}

/** A frame that can't be read as a command; several in a row are a protocol violation. */
export class MalformedFrame extends ChatError {
  constructor(
    message: string,
    /** The reply's reference, as far as it could be read. */
    readonly ref?: CommandRef,
  ) {
    super('BAD_REQUEST', message);
  }
}
