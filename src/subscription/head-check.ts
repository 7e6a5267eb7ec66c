// Compares rooms with the broker's logs: all of them after a cut feed, now and then those without traffic.
import { retryWhile } from '../core/backoff.js';
import type { Broker } from '../core/broker.js';
import type { RoomLog } from './room-log.js';

const ROOMS_PER_CALL = 200;

export class HeadCheck {
  #rerun = false;
  #running = false;
  #closed = false;

  constructor(
    private readonly broker: Broker,
    private readonly logs: () => RoomLog[],
  ) {}

  /** All rooms; begins anew when it is asked for again meanwhile, and goes on until it succeeded. */
  async checkAll(): Promise<void> {
    this.#rerun = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#rerun && !this.#closed) {
      this.#rerun = false;
      await retryWhile(
        () => !this.#closed,
        () => this.#check(this.logs()),
      );
    }
    this.#running = false;
  }

  /** Rooms in which a lost publication would not show by the next one. Skips a round the broker fails. */
  async checkIdle(): Promise<void> {
    if (this.#running) return;
    await this.#check(this.logs().filter((log) => log.idle)).catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
  }

  async #check(logs: RoomLog[]): Promise<void> {
    for (let at = 0; at < logs.length && !this.#closed; at += ROOMS_PER_CALL) {
      const some = logs.slice(at, at + ROOMS_PER_CALL);
      const heads = await this.broker.heads(some.map((log) => log.room));
      some.forEach((log, index) => log.compare(heads[index]!));
    }
  }
}
