// All open connections of this instance.
import type { CloseCode } from '../protocol/close-codes.js';
import type { Connection } from './connection.js';

export class ConnectionRegistry<T extends Connection = Connection> implements Iterable<T> {
  readonly #connections = new Set<T>();
  #onEmpty: (() => void)[] = [];
  #draining = false;

  /** Whether all are being closed: nobody should be let in any more. */
  get draining(): boolean {
    return this.#draining;
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

  /** Closes all, and resolves when the last one is gone. */
  async closeAll(code: CloseCode): Promise<void> {
    this.#draining = true;
    if (this.size === 0) return;
    const empty = new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    for (const connection of this.#connections) connection.close(code);
    await empty;
  }
}
