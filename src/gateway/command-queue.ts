// The order of one connection's commands: some run alone, some side by side; replies keep their order.

/** Sends a command's reply. */
export type Emit = () => void;

interface Slot {
  /** Never rejects. */
  readonly run: () => Promise<Emit>;
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

  push(run: () => Promise<Emit>, { alone }: { alone: boolean }): void {
    this.#slots.push({ run, alone, emit: undefined });
    if (!this.#paused && this.#slots.length >= HIGH_WATER) {
      this.#paused = true;
      this.source.pause();
    }
    this.#advance();
  }

  #advance(): void {
    for (let first = this.#slots[0]; first?.emit; first = this.#slots[0]) {
      this.#slots.shift();
      this.#started--;
      first.emit();
    }
    for (let next = this.#slots[this.#started]; next; next = this.#slots[this.#started]) {
      if (this.#started > 0 && (next.alone || this.#slots[0]!.alone)) break;
      this.#started++;
      this.#start(next);
    }
    if (this.#paused && this.#slots.length <= LOW_WATER) {
      this.#paused = false;
      this.source.resume();
    }
  }

  #start(slot: Slot): void {
    void slot.run().then((emit) => {
      slot.emit = emit;
      if (this.#slots[0] === slot) this.#advance();
    });
  }
}
