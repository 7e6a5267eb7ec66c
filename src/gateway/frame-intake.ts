// A connection's frames on their way in: a fair share of each turn, and none while too many commands wait.
import type { CommandSource } from './command-queue.js';

/** Frames of one connection in one turn of the event loop: more wait for the next, behind what others have sent. */
const FRAMES_PER_TURN = 8;
/** Of one that goes through its burst, in a beat of BEAT_MS: turns alone would come the faster, the less is done in each. */
const FRAMES_PER_BEAT = 1;
const BEAT_MS = 2;

/** Whom a connection's frames are for. */
export interface FrameReader {
  /** Whether it has sent so much lately that the others come first. */
  readonly hasty: boolean;
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

/** Counts the turns of the event loop, or longer beats, in which frames come, and wakes in each those who wait for it. */
class Pace {
  #present = 0;
  #ending = false;
  #waiting: FrameIntake[] = [];

  constructor(private readonly after: (next: () => void) => unknown) {}

  get present(): number {
    if (!this.#ending) {
      this.#ending = true;
      this.after(this.#next);
    }
    return this.#present;
  }

  wait(intake: FrameIntake): void {
    if (this.#waiting.push(intake) === 1) void this.present;
  }

  readonly #next = (): void => {
    this.#present++;
    this.#ending = false;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const intake of waiting) intake.onTurn();
  };
}

/** What the connections of an instance take their shares of. */
export class Paces {
  readonly turns = new Pace((next) => setImmediate(next));
  readonly beats = new Pace((next) => setTimeout(next, BEAT_MS));
}

/**
 * ws hands over all frames of a slice at once (`sliced-reads.ts`), so whoever floods would have the process for as
 * long as those take. What is over its share waits here, its socket unread: a backlog is never more than such a slice.
 */
export class FrameIntake implements CommandSource {
  /** What it reads by, turns or beats, and the one in which it may still read so many frames. */
  #pace: Pace;
  #turn = -1;
  #left = 0;
  #backlog: Frame[] | undefined;
  /** Too many commands wait. */
  #held = false;
  #ended = false;

  constructor(
    private readonly reader: FrameReader,
    private readonly socket: PausableSocket,
    private readonly paces: Paces,
  ) {
    this.#pace = paces.turns;
  }

  get ended(): boolean {
    return this.#ended;
  }

  onFrame(data: Buffer, isBinary: boolean): void {
    if (this.#ended) return;
    if (!this.#backlog && this.#mayRead()) return this.reader.readFrame(data, isBinary);
    if (this.#backlog) return void this.#backlog.push({ data, isBinary });
    this.#backlog = [{ data, isBinary }];
    this.socket.pause();
    if (!this.#held) this.#pace.wait(this);
  }

  pause(): void {
    this.#held = true;
    this.socket.pause();
  }

  resume(): void {
    this.#held = false;
    if (this.#ended) return;
    if (this.#backlog) this.#pace.wait(this);
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

  /** To be called by its `Pace`. */
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
      if (!this.#held) this.#pace.wait(this);
      return;
    }
    this.#backlog = undefined;
    if (!this.#held) this.socket.resume();
  }

  #mayRead(): boolean {
    if (this.#held || this.#ended) return false;
    const turn = this.#pace.present;
    if (turn !== this.#turn) this.#begin(turn);
    return this.#left-- > 0;
  }

  #begin(turn: number): void {
    const { hasty } = this.reader;
    const pace = hasty ? this.paces.beats : this.paces.turns;
    this.#turn = pace === this.#pace ? turn : pace.present;
    this.#pace = pace;
    this.#left = hasty ? FRAMES_PER_BEAT : FRAMES_PER_TURN;
  }
}
