// Writes to sockets: each once per tick, with all that the tick had for it.
import type { DirectWrites, Writer } from './direct-writes.js';
import { FrameBatch } from './frame-batch.js';
import { type SendAll, SendLoop } from './send-loop.js';

/** One socket's frames of this tick. */
export interface Outgoing extends Writer {
  /** What they are as bytes, shared by all who have the same, and no longer held; undefined: there is nothing to write. */
  take(): Buffer | undefined;
  /** The kernel has taken them all at once, and what came before them. */
  onSent(): void;
  /** @param waiting of the bytes taken: those which neither the kernel has nor the stream counts, and `onTaken` will tell */
  onWritten(waiting: number): void;
}

/** A flush is long that takes so much, ms. */
const LONG_MS = 4;
/** Of a long flush's time, and at most: how long the next one may wait for more, ms. */
const PAUSE_SHARE = 0.25;
const MAX_PAUSE_MS = 4;

/**
 * Fan-out is system calls: one write per member and message costs more than all the rest. So what a tick of
 * the event loop has for a socket travels in one write, and members of a room, who get the same frames, get
 * the same bytes. ws goes on reading, and writing pings, pongs and closes; its frames and ours never interleave,
 * since each write is whole frames, handed over at once.
 */
export class FrameWriter {
  #dirty: Outgoing[] = [];
  /** How long the flush took that has just ended, ms; 0: what comes now did not come while it ran. */
  #heldUpMs = 0;
  #empty = FrameBatch.empty();
  readonly #loop: SendLoop<Outgoing> | undefined;

  /**
   * @param direct undefined: all goes through the sockets' streams
   * @param sendAll undefined: each socket is written to by a call of its own
   */
  constructor(
    private readonly direct: DirectWrites | undefined,
    sendAll: SendAll | undefined,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.#loop = direct && sendAll && new SendLoop(sendAll, direct, this.#writeRest);
  }

  /** What the batches of this tick begin with. */
  get empty(): FrameBatch {
    return this.#empty;
  }

  /** By what sockets are written to, for the log. */
  get way(): string {
    if (this.#loop) return 'the native loop';
    return this.direct ? "libuv's handles" : 'streams';
  }

  /** Has it flushed after the present turn of the event loop, or soon. To be called when its first frame is added. */
  schedule(outgoing: Outgoing): void {
    if (this.#dirty.push(outgoing) > 1) return;
    const held = this.#heldUpMs;
    if (held < LONG_MS) setImmediate(this.#flushAll);
    else setTimeout(this.#flushAll, Math.min(held * PAUSE_SHARE, MAX_PAUSE_MS));
  }

  /** Writes what it has now. */
  flush(outgoing: Outgoing): void {
    const bytes = outgoing.take();
    if (bytes) this.#write(outgoing, bytes);
  }

  /** By the native loop, bytes: streams do not count them. */
  get bytesSent(): number {
    return this.#loop?.bytesSent ?? 0;
  }

  #write(outgoing: Outgoing, bytes: Buffer): void {
    const waiting = this.direct?.write(outgoing, bytes);
    if (waiting === undefined && outgoing.stream.writable) outgoing.stream.write(bytes);
    outgoing.onWritten(waiting ?? 0);
  }

  /** What the kernel did not take at once goes the way on which it can wait; so does all for a socket the loop can't use. */
  readonly #writeRest = (outgoing: Outgoing, bytes: Buffer, taken: number): void => {
    if (taken === bytes.length) outgoing.onSent();
    else this.#write(outgoing, bytes.subarray(taken));
  };

  readonly #flushAll = (): void => {
    const startedAt = this.clock();
    const dirty = this.#dirty;
    this.#dirty = [];
    // What this tick's batches hold is not kept any longer than they are.
    this.#empty = FrameBatch.empty();
    for (const outgoing of dirty) {
      const bytes = outgoing.take();
      if (!bytes) continue;
      if (this.#loop) this.#loop.add(outgoing, bytes);
      else this.#write(outgoing, bytes);
    }
    this.#loop?.flush();
    const tookMs = this.clock() - startedAt;
    if (tookMs >= LONG_MS) this.#holdNext(tookMs);
  };

  /**
   * Under load, what was published while a large room was written to comes right after it, in pieces, and each
   * piece would cost every member a write of its own. Waiting for a part of the time that those take lets them meet.
   * What came meanwhile is read in the turn that follows.
   */
  #holdNext(tookMs: number): void {
    this.#heldUpMs = tookMs;
    setImmediate(() => (this.#heldUpMs = 0));
  }
}
