// WebSocket text frames in a row, as one piece of bytes; sockets that get the same frames share it.
import type { Frame } from '../protocol/dialects/dialect.js';

/** FIN and the text opcode, RFC 6455 §5.2; a server's frames are not masked. */
const FINAL_TEXT = 0x81;

/**
 * Immutable: `with` makes the next one, and remembers it, so that the members of a room, who get the same texts
 * in the same order, walk along the same chain. Nothing is allocated for each of them, and the bytes are built
 * once for all.
 */
export class FrameBatch {
  #next: FrameBatch | undefined;
  #bytes: Buffer | undefined;

  private constructor(
    private readonly previous: FrameBatch | undefined,
    private readonly text: Frame,
    private readonly textLength: number,
    /** Of all its frames, with their headers. */
    readonly byteLength: number,
  ) {}

  static empty(): FrameBatch {
    return new FrameBatch(undefined, '', 0, 0);
  }

  /** The batch with a frame of this text behind it. */
  with(text: Frame): FrameBatch {
    const next = this.#next;
    if (next !== undefined && next.text === text) return next;
    const textLength = typeof text === 'string' ? Buffer.byteLength(text) : text.length;
    const byteLength = this.byteLength + headLength(textLength) + textLength;
    return (this.#next = new FrameBatch(this, text, textLength, byteLength));
  }

  /** Shared: never to be written into. */
  get bytes(): Buffer {
    return (this.#bytes ??= FrameBatch.#join(this));
  }

  static #join(last: FrameBatch): Buffer {
    const bytes = Buffer.allocUnsafe(last.byteLength);
    let end = last.byteLength;
    for (let batch = last; batch.previous; batch = batch.previous) {
      const { text, textLength } = batch;
      const textAt = end - textLength;
      if (typeof text === 'string') bytes.write(text, textAt);
      else text.copy(bytes, textAt);
      end = textAt - headLength(textLength);
      writeHead(bytes, end, textLength);
    }
    return bytes;
  }
}

function headLength(textLength: number): number {
  return textLength < 126 ? 2 : textLength < 65_536 ? 4 : 10;
}

function writeHead(bytes: Buffer, at: number, textLength: number): void {
  bytes[at] = FINAL_TEXT;
  if (textLength < 126) bytes[at + 1] = textLength;
  else if (textLength < 65_536) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(textLength, at + 2);
  } else {
    bytes[at + 1] = 127;
    bytes.writeBigUInt64BE(BigInt(textLength), at + 2);
  }
}
