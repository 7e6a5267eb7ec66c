// The user's token: kept while it is good, so that a reconnect does not ask for another one.
import { ChatError } from './errors.js';

export type Token = string | (() => string | Promise<string>) | undefined;

export class TokenSource {
  #current: Promise<string> | undefined;
  #expiresAt = Infinity;

  constructor(
    private readonly token: Token,
    private readonly timeoutMs: number,
  ) {}

  /** Whether there can be another one. */
  get renewable(): boolean {
    return typeof this.token === 'function';
  }

  /** When the server said that the current one runs out, as `Date.now()` has it. */
  expiresAt(time: number): void {
    this.#expiresAt = time;
  }

  /** The current one, or a new one where that has run out. @throws what the application's function throws */
  async get(): Promise<string | undefined> {
    if (!this.#current || Date.now() >= this.#expiresAt) this.renew();
    return this.#current;
  }

  /** Asks for a new one. */
  renew(): void {
    this.#expiresAt = Infinity;
    const { token } = this;
    if (typeof token === 'string') this.#current = Promise.resolve(token);
    if (typeof token !== 'function') return;
    const current = this.#call(token);
    this.#current = current;
    // Who asks next, tries again.
    current.catch(() => {
      if (this.#current === current) this.#current = undefined;
    });
  }

  async #call(token: () => string | Promise<string>): Promise<string> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expiry = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new ChatError('TIMEOUT', 'No token in time', { retryable: true })),
        this.timeoutMs,
      );
    });
    try {
      return await Promise.race([token(), expiry]);
    } finally {
      clearTimeout(timer);
    }
  }
}
