// All publishes that are unanswered: bounded, each answered within the deadline, come what may.
import type { Draft, Receipt } from '../../core/broker.js';
import { ChatError } from '../../protocol/errors.js';
import { CALL_DEADLINE_MS } from '../link-timing.js';
import { Sweeper } from '../sweeper.js';
import { type PendingPublish, RoomWriter, type WriterContext } from './room-writer.js';

const MAX_PENDING = 20_000;
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
/** Rooms whose log's end is remembered though nothing is published. */
const MAX_IDLE_WRITERS = 10_000;

interface Settlers {
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
  /** Called before either. */
  readonly onSettled: (entry: Entry) => void;
}

class Entry implements PendingPublish {
  settled = false;

  constructor(
    readonly draft: Draft,
    readonly deadline: number,
    private readonly settlers: Settlers,
  ) {}

  resolve(receipt: Receipt): void {
    if (this.#settle()) this.settlers.resolve(receipt);
  }

  reject(error: Error): void {
    if (this.#settle()) this.settlers.reject(error);
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.settlers.onSettled(this);
    return true;
  }
}

export class PublishQueue {
  /** All that is unanswered, oldest first. */
  readonly #pending = new Set<Entry>();
  /** The longest unused first. */
  readonly #writers = new Map<string, RoomWriter>();
  #pendingBytes = 0;
  readonly #sweeper = new Sweeper(() => this.#sweep());
  #downSince: number | undefined = performance.now();
  #closed = false;

  constructor(private readonly context: WriterContext) {}

  push(room: string, draft: Draft): Promise<Receipt> {
    const now = performance.now();
    if (this.#closed || this.#hopeless(now) || this.#full()) return Promise.reject(unavailable());
    return new Promise<Receipt>((resolve, reject) => {
      const onSettled = (settled: Entry) => this.#done(settled);
      const entry = new Entry(draft, now + CALL_DEADLINE_MS, { resolve, reject, onSettled });
      this.#pending.add(entry);
      this.#pendingBytes += draft.body.length;
      this.#sweeper.start();
      this.#writerOf(room).push(entry);
    });
  }

  /** To be called whenever there is a new link: nothing is known of the logs any more. */
  onReady(): void {
    this.#downSince = undefined;
    for (const writer of this.#writers.values()) writer.forget();
  }

  close(): void {
    this.#closed = true;
    for (const entry of this.#pending) entry.reject(unavailable());
    this.#writers.clear();
    this.#sweeper.stop();
  }

  /** While the link has been down for a whole deadline, waiting for it only makes clients wait. */
  #hopeless(now: number): boolean {
    const { ready, inDoubt } = this.context.manager;
    if (ready) this.#downSince = undefined;
    else this.#downSince ??= now;
    const down = this.#downSince !== undefined && now - this.#downSince > CALL_DEADLINE_MS;
    return down || inDoubt;
  }

  #full(): boolean {
    return this.#pending.size >= MAX_PENDING || this.#pendingBytes >= MAX_PENDING_BYTES;
  }

  #writerOf(room: string): RoomWriter {
    const known = this.#writers.get(room);
    if (known) this.#writers.delete(room);
    const writer = known ?? new RoomWriter(room, this.context, () => this.#evict());
    this.#writers.set(room, writer);
    return writer;
  }

  #evict(): void {
    for (const [room, writer] of this.#writers) {
      if (this.#writers.size <= MAX_IDLE_WRITERS) return;
      if (writer.idle) this.#writers.delete(room);
    }
  }

  #done(entry: Entry): void {
    this.#pending.delete(entry);
    this.#pendingBytes -= entry.draft.body.length;
  }

  #sweep(): boolean {
    const now = performance.now();
    for (const entry of this.#pending) {
      if (entry.deadline > now) break;
      entry.reject(unavailable());
    }
    return this.#pending.size > 0;
  }
}

function unavailable(): ChatError {
  return new ChatError('UNAVAILABLE', 'The message broker does not answer; the message may not be stored');
}
