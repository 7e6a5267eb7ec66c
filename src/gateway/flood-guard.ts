// Holds one connection to its rates: refuses at first, and loses patience with who keeps on.
import { type Rate, TokenBucket } from '../core/token-bucket.js';
import { ChatError } from '../protocol/errors.js';

/**
 * Every refusal takes from a second bucket of the same size: a client that overshoots now and then is told so,
 * one that goes on at full speed has used up both within as many frames again.
 */
export class FloodGuard {
  readonly #commands: TokenBucket;
  readonly #patience: TokenBucket;
  #joins: TokenBucket | undefined;
  #exhausted = false;

  constructor(
    commandRate: Rate,
    private readonly joinRate: Rate,
    now: number,
  ) {
    this.#commands = new TokenBucket(commandRate, now);
    this.#patience = new TokenBucket(commandRate, now);
  }

  /** Whether the connection should be cut. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** For every frame; undefined: go ahead. @param now `performance.now()` */
  frame(now: number): ChatError | undefined {
    return this.#refusal(this.#commands.take(now), now);
  }

  /** For every join, besides its frame. */
  join(now: number): ChatError | undefined {
    this.#joins ??= new TokenBucket(this.joinRate, now);
    return this.#refusal(this.#joins.take(now), now);
  }

  #refusal(retryAfterMs: number, now: number): ChatError | undefined {
    if (retryAfterMs === 0) return undefined;
    if (this.#patience.take(now) > 0) this.#exhausted = true;
    return new ChatError('RATE_LIMITED', 'Too many commands', { retryAfterMs });
  }
}
