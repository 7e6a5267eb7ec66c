// Writes to sockets: each once per tick, with all that the tick had for it.
import type { DirectWrites, Writer } from './direct-writes.js';
import { FrameBatch } from './frame-batch.js';

/** One socket's frames of this tick. */
export interface Outgoing extends Writer {
  /** Writes them. */
  flush(): void;
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

  /** @param direct undefined: all goes through the sockets' streams */
  constructor(
    private readonly direct: DirectWrites | undefined,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** What the batches of this tick begin with. */
  get empty(): FrameBatch {
    return this.#empty;
  }

  /** Has it flushed after the present turn of the event loop, or soon. To be called when its first frame is added. */
  schedule(outgoing: Outgoing): void {
    if (this.#dirty.push(outgoing) > 1) return;
    const held = this.#heldUpMs;
    if (held < LONG_MS) setImmediate(this.#flushAll);
    else setTimeout(this.#flushAll, Math.min(held * PAUSE_SHARE, MAX_PAUSE_MS));
  }

  /** @returns bytes which neither the kernel has nor the stream counts, and which `onTaken` will tell */
  write(outgoing: Outgoing, bytes: Buffer): number {
    const waiting = this.direct?.write(outgoing, bytes);
    if (waiting !== undefined) return waiting;
    if (outgoing.stream.writable) outgoing.stream.write(bytes);
    return 0;
  }

  readonly #flushAll = (): void => {
    const startedAt = this.clock();
    const dirty = this.#dirty;
    this.#dirty = [];
    // What this tick's batches hold is not kept any longer than they are.
    this.#empty = FrameBatch.empty();
    for (const outgoing of dirty) outgoing.flush();
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
