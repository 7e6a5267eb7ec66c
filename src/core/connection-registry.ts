// All open connections of this instance, and whether more may come.
import type { CloseCode } from '../protocol/close-codes.js';
import type { Connection } from './connection.js';

/** `open`; `leaving`: nobody should be sent here any more, who comes is let in; `draining`: nobody is let in. */
type Phase = 'open' | 'leaving' | 'draining';

export class ConnectionRegistry<T extends Connection = Connection> implements Iterable<T> {
  readonly #connections = new Set<T>();
  #onEmpty: (() => void)[] = [];
  #phase: Phase = 'open';

  get phase(): Phase {
    return this.#phase;
  }

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#connections.values();
  }

  add(connection: T): void {
    this.#connections.add(connection);
  }

  delete(connection: T): void {
    this.#connections.delete(connection);
    if (this.size > 0) return;
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /** Only ever forward. */
  enter(phase: Exclude<Phase, 'open'>): void {
    this.#phase = phase;
  }

  /** Resolves when the last one is gone; at once where there is none. */
  async whenEmpty(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  /** Begins to close all. */
  closeAll(code: CloseCode): void {
    for (const connection of this.#connections) connection.close(code);
  }
}
