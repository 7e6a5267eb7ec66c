// Commands of a room, one at a time: each is sent again until it is answered, so that their order is kept.
import { backoffMs } from './backoff.js';
import { ChatError } from './errors.js';
import type { Link } from './link.js';
import type { Frame } from './wire.js';

const MAX_BACKOFF_MS = 4_000;

interface Entry {
  readonly command: string;
  settle(outcome: unknown): void;
}

export interface LaneOptions {
  /** The connection on which the room is joined at the moment. */
  readonly link: () => Link | undefined;
  readonly limit: number;
  readonly timeoutMs: number;
}

export class Lane {
  readonly #queue: Entry[] = [];
  /** One is on its way, or waits for its next try. */
  #busy = false;
  #refusals = 0;
  #closed: ChatError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LaneOptions) {}

  /** Resolves with the answer. @throws ChatError, or the signal's reason */
  async push<Reply extends Frame>(command: string, signal?: AbortSignal): Promise<Reply> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    const { limit, timeoutMs } = this.options;
    if (this.#queue.length >= limit) {
      throw new ChatError('QUEUE_FULL', `${limit} are waiting already`, { retryable: true });
    }
    return new Promise((resolve, reject) => {
      const abort = () => entry.settle(signal!.reason);
      const expire = () =>
        entry.settle(new ChatError('TIMEOUT', `Not answered within ${timeoutMs} ms`, { retryable: true }));
      const timer = setTimeout(expire, timeoutMs);
      const entry: Entry = {
        command,
        settle: (outcome) => {
          const index = this.#queue.indexOf(entry);
          if (index < 0) return;
          this.#queue.splice(index, 1);
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          if (isFrame(outcome)) resolve(outcome as Reply);
          else reject(outcome);
        },
      };
      signal?.addEventListener('abort', abort);
      this.#queue.push(entry);
      this.pump();
    });
  }

  /** To be called when the room is joined on a connection. */
  pump(): void {
    const entry = this.#queue[0];
    const link = this.options.link();
    if (this.#busy || !entry || !link) return;
    this.#busy = true;
    link.request(entry.command, (answer) => this.#onAnswer(entry, answer));
  }

  close(error: ChatError): void {
    this.#closed = error;
    clearTimeout(this.#timer);
    while (this.#queue[0]) this.#queue[0].settle(error);
  }

  #onAnswer(entry: Entry, answer: Frame | ChatError): void {
    const retry = answer instanceof ChatError && answer.retryable;
    if (retry && answer.code !== 'DISCONNECTED' && entry === this.#queue[0]) {
      const waitMs = (answer.retryAfterMs ?? 0) + backoffMs(++this.#refusals, MAX_BACKOFF_MS);
      this.#timer = setTimeout(() => this.#next(), waitMs);
      return;
    }
    this.#refusals = 0;
    if (!retry) entry.settle(answer);
    this.#next();
  }

  #next(): void {
    this.#busy = false;
    this.pump();
  }
}

function isFrame(outcome: unknown): outcome is Frame {
  return !(outcome instanceof Error) && typeof outcome === 'object' && outcome !== null && 'type' in outcome;
}
