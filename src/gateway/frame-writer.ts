// Writes to sockets: each once per tick, with all that the tick had for it.
import type { DirectWrites, Writer } from './direct-writes.js';
import { FrameBatch } from './frame-batch.js';

/** One socket's frames of this tick. */
export interface Outgoing extends Writer {
  /** Writes them. */
  flush(): void;
}

/**
 * Fan-out is system calls: one write per member and message costs more than all the rest. So what a tick of
 * the event loop has for a socket travels in one write, and members of a room, who get the same frames, get
 * the same bytes. ws goes on reading, and writing pings, pongs and closes; its frames and ours never interleave,
 * since each write is whole frames, handed over at once.
 */
export class FrameWriter {
  #dirty: Outgoing[] = [];
  #empty = FrameBatch.empty();

  /** @param direct undefined: all goes through the sockets' streams */
  constructor(private readonly direct: DirectWrites | undefined) {}

  /** What the batches of this tick begin with. */
  get empty(): FrameBatch {
    return this.#empty;
  }

  /** Has it flushed after the present turn of the event loop. To be called when its first frame is added. */
  schedule(outgoing: Outgoing): void {
    if (this.#dirty.push(outgoing) === 1) setImmediate(() => this.#flushAll());
  }

  /** @returns bytes which neither the kernel has nor the stream counts, and which `onTaken` will tell */
  write(outgoing: Outgoing, bytes: Buffer): number {
    const waiting = this.direct?.write(outgoing, bytes);
    if (waiting !== undefined) return waiting;
    if (outgoing.stream.writable) outgoing.stream.write(bytes);
    return 0;
  }

  #flushAll(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    // What this tick's batches hold is not kept any longer than they are.
    this.#empty = FrameBatch.empty();
    for (const outgoing of dirty) outgoing.flush();
  }
}
