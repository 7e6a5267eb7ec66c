// The order of one connection's commands: some run alone, some side by side; replies keep their order.

/** Sends a command's reply. */
export type Emit = () => void;

interface Slot {
  /** Never throws or rejects. */
  readonly run: () => Emit | Promise<Emit>;
  readonly alone: boolean;
  emit: Emit | undefined;
}

/** Commands waiting or running; beyond it the socket is not read. */
const HIGH_WATER = 64;
const LOW_WATER = 16;

/**
 * A command which runs alone starts when all before it have been answered, and holds up all behind it. The
 * others start at once, so that many sends are under way while their replies wait for their turn.
 */
export class CommandQueue {
  readonly #slots: Slot[] = [];
  /** How many, from the first, have been started. */
  #started = 0;
  #paused = false;

  constructor(private readonly source: { pause(): void; resume(): void }) {}

  push(run: () => Emit | Promise<Emit>): void {
    this.#add({ run, alone: false, emit: undefined });
  }

  pushAlone(run: () => Emit | Promise<Emit>): void {
    this.#add({ run, alone: true, emit: undefined });
  }

  #add(slot: Slot): void {
    this.#slots.push(slot);
    if (!this.#paused && this.#slots.length >= HIGH_WATER) {
      this.#paused = true;
      this.source.pause();
    }
    this.#advance();
  }

  #advance(): void {
    for (;;) {
      this.#answer();
      const next = this.#slots[this.#started];
      if (!next || (this.#started > 0 && (next.alone || this.#slots[0]!.alone))) break;
      this.#started++;
      this.#start(next);
    }
    if (this.#paused && this.#slots.length <= LOW_WATER) {
      this.#paused = false;
      this.source.resume();
    }
  }

  /** Sends the replies whose turn it is. */
  #answer(): void {
    for (let first = this.#slots[0]; first?.emit; first = this.#slots[0]) {
      this.#slots.shift();
      this.#started--;
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
    if (this.#slots[0] === slot) this.#advance();
  }
}
