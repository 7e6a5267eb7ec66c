// Holds one connection to its rates: refuses at first, and loses patience with who keeps on.
import { FULL, missing, type Rate, taken, waitMs } from '../core/token-bucket.js';
import { ChatError } from '../protocol/errors.js';

/** Pings and pongs. They have no answer that could refuse them. */
const CONTROL_RATE: Rate = { perSecond: 10, burst: 50 };

/** Who has used so much of a burst isn't catching up after a pause, but going at full speed. */
const HASTY_SHARE = 1 / 20;

/**
 * Every refusal takes from a second bucket of the same size: a client that overshoots now and then is told so,
 * one that goes on at full speed has used up both within as many frames again.
 */
export class FloodGuard {
  /** Of each bucket, when it is full again. */
  #commands = FULL;
  #patience = FULL;
  #joins = FULL;
  #controls = FULL;
  #exhausted = false;

  constructor(
    private readonly commandRate: Rate,
    private readonly joinRate: Rate,
  ) {}

  /** Whether the connection should be cut. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** Whether it goes through its burst, of commands or of joins, so that others should come first. */
  hasty(now: number): boolean {
    const { commandRate, joinRate } = this;
    return (
      missing(commandRate, this.#commands, now) > commandRate.burst * HASTY_SHARE ||
      missing(joinRate, this.#joins, now) > joinRate.burst * HASTY_SHARE
    );
  }

  /** For every frame; undefined: go ahead. @param now `performance.now()` */
  frame(now: number): ChatError | undefined {
    const wait = waitMs(this.commandRate, this.#commands, now);
    if (wait > 0) return this.#refusal(wait, now);
    this.#commands = taken(this.commandRate, this.#commands, now);
    return undefined;
  }

  /** For every join, besides its frame. */
  join(now: number): ChatError | undefined {
    const wait = waitMs(this.joinRate, this.#joins, now);
    if (wait > 0) return this.#refusal(wait, now);
    this.#joins = taken(this.joinRate, this.#joins, now);
    return undefined;
  }

  /** For every ping and pong. */
  control(now: number): void {
    if (waitMs(CONTROL_RATE, this.#controls, now) > 0) this.#exhausted = true;
    else this.#controls = taken(CONTROL_RATE, this.#controls, now);
  }

  #refusal(retryAfterMs: number, now: number): ChatError {
    if (waitMs(this.commandRate, this.#patience, now) > 0) this.#exhausted = true;
    else this.#patience = taken(this.commandRate, this.#patience, now);
    return new ChatError('RATE_LIMITED', 'Too many commands', { retryAfterMs });
  }
}
