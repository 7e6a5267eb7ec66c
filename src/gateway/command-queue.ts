// The order of one connection's commands: some run alone, some side by side; replies keep their order.

/** Sends a command's reply. */
export type Emit = () => void;

interface Slot {
  /** Never throws or rejects. */
  readonly run: () => Emit | Promise<Emit>;
  readonly alone: boolean;
  emit: Emit | undefined;
  /** The one behind it. */
  next: Slot | undefined;
}

/** Where the commands come from. */
export interface CommandSource {
  pause(): void;
  resume(): void;
}

/** Commands waiting or running; beyond it the socket is not read. */
const HIGH_WATER = 64;
const LOW_WATER = 16;

/**
 * A command which runs alone starts when all before it have been answered, and holds up all behind it. The
 * others start at once, so that many sends are under way while their replies wait for their turn.
 */
export class CommandQueue {
  /** The oldest that is not answered. */
  #first: Slot | undefined;
  #last: Slot | undefined;
  /** The oldest that is not started. */
  #waiting: Slot | undefined;
  #length = 0;
  #paused = false;

  constructor(private readonly source: CommandSource) {}

  push(run: () => Emit | Promise<Emit>): void {
    this.#add({ run, alone: false, emit: undefined, next: undefined });
  }

  pushAlone(run: () => Emit | Promise<Emit>): void {
    this.#add({ run, alone: true, emit: undefined, next: undefined });
  }

  #add(slot: Slot): void {
    if (this.#last) this.#last.next = slot;
    this.#last = slot;
    this.#first ??= slot;
    this.#waiting ??= slot;
    if (++this.#length >= HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.source.pause();
    }
    this.#advance();
  }

  #advance(): void {
    for (;;) {
      this.#answer();
      const next = this.#waiting;
      if (!next || (next !== this.#first && (next.alone || this.#first!.alone))) break;
      this.#waiting = next.next;
      this.#start(next);
    }
    if (this.#paused && this.#length <= LOW_WATER) {
      this.#paused = false;
      this.source.resume();
    }
  }

  /** Sends the replies whose turn it is. */
  #answer(): void {
    for (let first = this.#first; first?.emit; first = this.#first) {
      this.#first = first.next;
      // Or whatever comes later would hang on it for as long as it waits to be collected.
      first.next = undefined;
      if (!this.#first) this.#last = undefined;
      this.#length--;
      first.emit();
    }
  }

  #start(slot: Slot): void {
    const result = slot.run();
    if (result instanceof Promise) void result.then((emit) => this.#finish(slot, emit));
    else slot.emit = result;
  }

  #finish(slot: Slot, emit: Emit): void {
    slot.emit = emit;
    if (this.#first === slot) this.#advance();
  }
}
