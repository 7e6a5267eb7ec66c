// One room's presence in NATS: knows its members as far as its records were read, and changes them by the next record.
import type { NatsLog, StoredRecord } from './nats-log.js';
import { decodePresence, type PresenceChange, PresenceState } from './presence-state.js';

/** Records to catch up with one by one; more are read at once. */
const MAX_SINGLE_READS = 4;
const MAX_READ = 1_000;
/** Tries against other instances that change the room at the same time. */
const MAX_TRIES = 100;

export class RoomPresence {
  #state = new PresenceState();
  /** Changes of this instance, one after the other, so that they don't get in each other's way. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly log: NatsLog,
    private readonly subject: string,
  ) {}

  /** Nothing is known any more. */
  forget(): void {
    this.#state = new PresenceState();
  }

  /** As of now, or of a moment during the call. */
  async read(): Promise<PresenceState> {
    const last = await this.log.last(this.subject);
    if (!last) this.forget();
    else if (last.seq < this.#state.seq || !(await this.#catchUp(last))) await this.#load(last.seq);
    return this.#state;
  }

  /**
   * Makes the change which `plan` finds for a state, unless it finds none.
   *
   * @returns the state after it
   */
  change(plan: (state: PresenceState) => Promise<PresenceChange | undefined>): Promise<PresenceState> {
    const changed = this.#changes.then(() => this.#change(plan));
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  async #change(plan: (state: PresenceState) => Promise<PresenceChange | undefined>): Promise<PresenceState> {
    // What is known is tried first: mostly nobody else has changed it.
    let current = false;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const state = this.#state;
      const change = await plan(state);
      if (!change && current) return state;
      if (change && (await this.#append(state, change))) return this.#state;
      await this.read();
      current = true;
    }
    throw new Error('the room is changed by too many at the same time');
  }

  async #append(state: PresenceState, { payload, record, obsoleteBelow }: PresenceChange): Promise<boolean> {
    const seq = await this.log.append(this.subject, payload, record.after);
    if (seq === undefined) return false;
    state.apply(record, seq);
    const below = Math.min(obsoleteBelow, seq);
    if (below > 0) {
      await this.log.purge(this.subject, below);
      state.trimmed(below);
    }
    return true;
  }

  /** Whether the state is now as of `last`. */
  async #catchUp(last: StoredRecord): Promise<boolean> {
    const state = this.#state;
    for (let reads = 0; state.seq < last.seq; reads++) {
      if (reads === MAX_SINGLE_READS || state.seq === 0) return false;
      const next = await this.log.next(this.subject, state.seq + 1);
      if (!next || !state.apply(decodePresence(next.payload), next.seq)) return false;
    }
    return state === this.#state;
  }

  async #load(upTo: number): Promise<void> {
    const state = new PresenceState();
    for (let from = 1; state.seq < upTo;) {
      const records = await this.log.read(this.subject, from, MAX_READ);
      for (const { payload, seq } of records) {
        if (!state.apply(decodePresence(payload), seq)) throw new Error('records are missing');
      }
      if (records.length === 0) throw new Error('records are missing');
      from = state.seq + 1;
    }
    if (state.seq > this.#state.seq || this.#state.seq > upTo) this.#state = state;
  }
}
