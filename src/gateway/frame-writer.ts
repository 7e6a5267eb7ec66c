// Writes to sockets: each once per tick, with all that the tick had for it.
import type { DirectWrites, Writer } from './direct-writes.js';
import { FrameBatch } from './frame-batch.js';

/** One socket's frames of this tick. */
export interface Outgoing extends Writer {
  /** Writes them. */
  flush(): void;
}

/** Frames that come so soon after a flush had come while it ran, ms. */
const AT_ONCE_MS = 0.2;
/** Of the last flush's time, and at most: how long the next one may wait for more, ms. */
const PAUSE_SHARE = 0.25;
const MAX_PAUSE_MS = 2;

/**
 * Fan-out is system calls: one write per member and message costs more than all the rest. So what a tick of
 * the event loop has for a socket travels in one write, and members of a room, who get the same frames, get
 * the same bytes. ws goes on reading, and writing pings, pongs and closes; its frames and ours never interleave,
 * since each write is whole frames, handed over at once.
 */
export class FrameWriter {
  #dirty: Outgoing[] = [];
  /** When the last flush ended, and how long it took, ms. */
  #endedAt = 0;
  #tookMs = 0;
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
    const pauseMs = this.#pauseMs();
    if (pauseMs < 1) setImmediate(() => this.#flushAll());
    else setTimeout(() => this.#flushAll(), pauseMs);
  }

  /** @returns bytes which neither the kernel has nor the stream counts, and which `onTaken` will tell */
  write(outgoing: Outgoing, bytes: Buffer): number {
    const waiting = this.direct?.write(outgoing, bytes);
    if (waiting !== undefined) return waiting;
    if (outgoing.stream.writable) outgoing.stream.write(bytes);
    return 0;
  }

  /**
   * Under load, what was published while a large room was written to comes right after it, in pieces, and each
   * piece would cost every member a write of its own. Waiting for a part of the time that those take lets them meet.
   */
  #pauseMs(): number {
    if (this.#tookMs < 1 / PAUSE_SHARE) return 0;
    const atOnce = this.clock() - this.#endedAt < AT_ONCE_MS;
    return atOnce ? Math.min(this.#tookMs * PAUSE_SHARE, MAX_PAUSE_MS) : 0;
  }

  #flushAll(): void {
    const startedAt = this.clock();
    const dirty = this.#dirty;
    this.#dirty = [];
    // What this tick's batches hold is not kept any longer than they are.
    this.#empty = FrameBatch.empty();
    for (const outgoing of dirty) outgoing.flush();
    this.#endedAt = this.clock();
    this.#tookMs = this.#endedAt - startedAt;
  }
}
