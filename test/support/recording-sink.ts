// A broker's sink which keeps all that it is told, and lets a test wait for it.
import type { BrokerSink } from '../../src/core/broker.js';
import type { Publication } from '../../src/protocol/position.js';
import { within } from './deadline.js';

const TIMEOUT_MS = 15_000;

interface Waiter {
  readonly condition: () => boolean;
  readonly resolve: () => void;
}

export class RecordingSink implements BrokerSink {
  interruptions = 0;
  readonly #publications = new Map<string, Publication[]>();
  /** Room and messageId of every publication. */
  readonly #seen = new Set<string>();
  readonly #signals = new Map<string, Buffer[]>();
  readonly #waiters = new Set<Waiter>();

  /** What was delivered of a room, in the order it came. */
  publications(room: string): readonly Publication[] {
    return this.#publications.get(room) ?? [];
  }

  messageIds(room: string): string[] {
    return this.publications(room).map(({ messageId }) => messageId);
  }

  signals(room: string): readonly Buffer[] {
    return this.#signals.get(room) ?? [];
  }

  onPublication(room: string, publication: Publication): void {
    this.#publications.set(room, this.#publications.get(room) ?? []);
    this.#publications.get(room)!.push(publication);
    this.#seen.add(`${room} ${publication.messageId}`);
    this.#wake();
  }

  onSignal(room: string, payload: Buffer): void {
    this.#signals.set(room, [...this.signals(room), payload]);
    this.#wake();
  }

  onInterrupted(): void {
    this.interruptions++;
    this.#wake();
  }

  /** Resolves in the turn in which `condition` becomes true by something that was delivered. */
  async until(condition: () => boolean, what: string, timeoutMs = TIMEOUT_MS): Promise<void> {
    if (condition()) return;
    let waiter: Waiter | undefined;
    const met = new Promise<void>((resolve) => this.#waiters.add((waiter = { condition, resolve })));
    try {
      await within(met, timeoutMs, what);
    } finally {
      if (waiter) this.#waiters.delete(waiter);
    }
  }

  /** Resolves when a publication with this messageId was delivered. */
  async delivered(room: string, messageId: string, timeoutMs = TIMEOUT_MS): Promise<void> {
    const arrived = () => this.#seen.has(`${room} ${messageId}`);
    await this.until(arrived, `${messageId} is delivered in ${room}`, timeoutMs);
  }

  #wake(): void {
    for (const waiter of this.#waiters) if (waiter.condition()) waiter.resolve();
  }
}
