// A connection's frames on their way in: a fair share of each turn, and none while too many commands wait.
import type { CommandSource } from './command-queue.js';

/** Frames of one connection in one turn of the event loop: more wait for the next, behind what others have sent. */
const SHARE = 8;

/** Whom a connection's frames are for. */
export interface FrameReader {
  readFrame(data: Buffer, isBinary: boolean): void;
}

/** What the frames come from. */
export interface PausableSocket {
  pause(): void;
  resume(): void;
}

interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** Counts the turns of the event loop in which frames come, and wakes in each those who wait for it. */
export class Turns {
  #present = 0;
  #ending = false;
  #waiting: FrameIntake[] = [];

  get present(): number {
    if (!this.#ending) {
      this.#ending = true;
      setImmediate(() => this.#next());
    }
    return this.#present;
  }

  wait(intake: FrameIntake): void {
    if (this.#waiting.push(intake) === 1) void this.present;
  }

  #next(): void {
    this.#present++;
    this.#ending = false;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const intake of waiting) intake.onTurn();
  }
}

/**
 * ws hands over all frames of a chunk at once, up to 64 KiB of them, so whoever floods would have the process for as
 * long as those take. What is over its share waits here, its socket unread: a backlog is never more than such chunks.
 */
export class FrameIntake implements CommandSource {
  #turn = -1;
  /** Frames which it may still read in that turn. */
  #left = 0;
  #backlog: Frame[] | undefined;
  /** Too many commands wait. */
  #held = false;
  #ended = false;

  constructor(
    private readonly reader: FrameReader,
    private readonly socket: PausableSocket,
    private readonly turns: Turns,
  ) {}

  get ended(): boolean {
    return this.#ended;
  }

  onFrame(data: Buffer, isBinary: boolean): void {
    if (this.#ended) return;
    if (!this.#backlog && this.#mayRead()) return this.reader.readFrame(data, isBinary);
    if (this.#backlog) return void this.#backlog.push({ data, isBinary });
    this.#backlog = [{ data, isBinary }];
    this.socket.pause();
    if (!this.#held) this.turns.wait(this);
  }

  pause(): void {
    this.#held = true;
    this.socket.pause();
  }

  resume(): void {
    this.#held = false;
    if (this.#ended) return;
    if (this.#backlog) this.turns.wait(this);
    else this.socket.resume();
  }

  /**
   * What still comes is not read any more. Until the close timeout a flood stays with the peer: reading on would cost as
   * much as serving it.
   */
  end(): void {
    this.#ended = true;
    this.#backlog = undefined;
    this.socket.pause();
  }

  /** To be called by `Turns`. */
  onTurn(): void {
    const backlog = this.#backlog;
    if (!backlog || this.#held) return;
    let read = 0;
    while (read < backlog.length && this.#mayRead()) {
      const { data, isBinary } = backlog[read++]!;
      this.reader.readFrame(data, isBinary);
    }
    if (this.#ended) return;
    backlog.splice(0, read);
    if (backlog.length > 0) {
      if (!this.#held) this.turns.wait(this);
      return;
    }
    this.#backlog = undefined;
    if (!this.#held) this.socket.resume();
  }

  #mayRead(): boolean {
    if (this.#held || this.#ended) return false;
    const turn = this.turns.present;
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#left = SHARE;
    }
    return this.#left-- > 0;
  }
}
