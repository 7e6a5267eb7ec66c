// The seam of a wire format: pure and stateless, it only translates the native model.
import type { CommandRef, Request } from '../commands.js';
import { ChatError } from '../errors.js';
import type { Reply, ServerEvent } from '../events.js';
import type { Publication } from '../position.js';

/** Text of one WebSocket frame; a Buffer holds its UTF-8 bytes. */
export type Frame = string | Buffer;

/**
 * A method that answers undefined has nothing to say in this dialect, and nothing is sent. What would be lost unsaid
 * (GAP, RESET) then ends the connection with 4010.
 */
export interface Dialect {
  /** Stored with the messages of those who speak it: never to be changed. */
  readonly name: string;
  /** Whether a connection on /ws hears the lobby without joining it. */
  readonly hearsLobby?: boolean;
  /** The room a connection joins by itself, where its path names none. */
  readonly home?: string;

  /**
   * An array is a batch: its requests are answered together, or not at all where it is empty.
   *
   * @throws MalformedFrame when the text is no command of this dialect at all.
   */
  decode(text: string): Request | readonly Request[];
  /** `request` is what `decode` returned; undefined where the server acted by itself, as for the room of a path. */
  encodeReply(reply: Reply | undefined, request: Request | undefined): Frame | undefined;
  encodeError(error: ChatError, request: Request | undefined): Frame | undefined;
  /** Makes one frame of a batch's answers, at least one. */
  encodeBatch?(answers: readonly Frame[]): Frame;
  encodeEvent(event: ServerEvent): Frame | undefined;
  /** Encoded once for all members of a room who speak the dialect. */
  encodePublication(room: string, publication: Publication): Frame;
}

/** A frame that can't be read as a command; several in a row are a protocol violation. */
export class MalformedFrame extends ChatError {
  /** Whether it isn't even JSON. */
  readonly syntax: boolean;
  readonly request: Request;

  constructor(
    message: string,
    { ref, syntax = false }: { ref?: CommandRef | undefined; syntax?: boolean } = {},
  ) {
    super('BAD_REQUEST', message);
    this.syntax = syntax;
    this.request = { type: undefined, ref, refusal: this };
  }
}
