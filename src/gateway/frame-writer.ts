// Writes WebSocket frames to sockets: each frame is built once, and each socket is written once per tick.
import type { Socket } from 'node:net';
import type { Frame } from '../protocol/dialects/dialect.js';

/** FIN and the text opcode, RFC 6455 §5.2; a server's frames are not masked. */
const FINAL_TEXT = 0x81;

/** What is to be written to one socket in this tick. */
export interface Outgoing {
  readonly stream: Socket;
  /** Whole frames, in order. */
  readonly frames: Buffer[];
  /** Called when the frames have been handed to the socket. */
  onFlushed(): void;
}

/**
 * Fan-out is system calls: one write per member and message costs more than all the rest. So what a tick of
 * the event loop has for a socket travels in one write, and members of a room, who get the same frames, get
 * the same bytes. ws goes on reading, and writing pings, pongs and closes; its frames and ours never interleave,
 * since each write is whole frames, handed over at once.
 */
export class FrameWriter {
  #dirty: Outgoing[] = [];
  #scheduled = false;
  #lastText: Frame | undefined;
  #lastFrame: Buffer = Buffer.alloc(0);
  #lastFrames: readonly Buffer[] = [];
  #lastJoined: Buffer = Buffer.alloc(0);

  /** Builds a text frame; for the same text again, as when it goes to many sockets, the same one. */
  frameOf(text: Frame): Buffer {
    if (text !== this.#lastText) {
      this.#lastText = text;
      this.#lastFrame = encodeFrame(text);
    }
    return this.#lastFrame;
  }

  /** Has it written after the present turn of the event loop. To be called when its first frame is added. */
  schedule(outgoing: Outgoing): void {
    this.#dirty.push(outgoing);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flushAll());
  }

  /** Writes it now. */
  flush(outgoing: Outgoing): void {
    const { frames, stream } = outgoing;
    if (frames.length === 0) return;
    if (stream.writable) stream.write(frames.length === 1 ? frames[0]! : this.#join(frames));
    frames.length = 0;
    outgoing.onFlushed();
  }

  #flushAll(): void {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const outgoing of dirty) this.flush(outgoing);
    this.#lastText = undefined;
    this.#lastFrames = [];
  }

  /** The members of a room mostly have the same frames in the same order: they share one buffer. */
  #join(frames: readonly Buffer[]): Buffer {
    const last = this.#lastFrames;
    if (frames.length === last.length && frames.every((frame, index) => frame === last[index])) {
      return this.#lastJoined;
    }
    this.#lastFrames = frames.slice();
    this.#lastJoined = Buffer.concat(frames);
    return this.#lastJoined;
  }
}

function encodeFrame(text: Frame): Buffer {
  const length = typeof text === 'string' ? Buffer.byteLength(text) : text.length;
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = FINAL_TEXT;
  if (length < 126) frame[1] = length;
  else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (typeof text === 'string') frame.write(text, headLength, 'utf8');
  else text.copy(frame, headLength);
  return frame;
}
