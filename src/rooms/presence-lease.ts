// This instance's lease in the presence store: renews it, notices its loss, reaps those of dead instances.
import { Logger } from '@nestjs/common';
import { backoffMs } from '../core/backoff.js';
import { newId } from '../core/ids.js';
import type { Lease, PresenceStore } from '../core/presence-store.js';

/** Whom the lease tells; all methods return at once. */
export interface LeaseListener {
  /** A heartbeat succeeded. */
  onBeat(): void;
  /**
   * What was registered has to be registered anew, under another lease. `announced`: the others heard that all
   * left, since the lease ran out; else the store had lost its data, and nobody heard anything.
   */
  onLost(announced: boolean): void;
}

const BEATS_PER_LEASE = 3;
const CLAIM_MS = 10_000;
const RETRY = { baseMs: 100, maxMs: 1_000 };
/** After another lease can have run out, ms: so that it has, by the broker's clock. */
const MARGIN_MS = 20;
/** How long a lost lease is kept from the reapers, so that its members are registered anew before. */
const SUCCESSION_MS = 5_000;

export class PresenceLease {
  readonly #logger = new Logger(PresenceLease.name);
  #id: string | undefined;
  #current: Lease | undefined;
  #epoch: string | undefined;
  /** The lease that was lost, until the store has heard that we don't want it. */
  #abandoned: string | undefined;
  #lossAnnounced = false;
  /** Broker's time minus our monotonic clock, ms. */
  #clockOffset = Date.now() - performance.now();
  #beating = false;
  #beatAgain = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #ended = false;

  constructor(
    private readonly store: PresenceStore,
    private readonly durationMs: number,
    private readonly listener: LeaseListener,
  ) {}

  /** Undefined while none is held. */
  get current(): Lease | undefined {
    return this.#current;
  }

  /** Broker's time, ms since 1970, as of the last heartbeat: our clock only counts on from there. */
  get now(): number {
    return Math.round(performance.now() + this.#clockOffset);
  }

  /** Begins at once, and goes on whether the store answers or not. */
  start(): void {
    void this.#beat();
  }

  /** Brings the next heartbeat forward. */
  hurry(inMs = 0): void {
    if (this.#ended) return;
    if (this.#beating) this.#beatAgain = true;
    else this.#schedule(inMs);
  }

  /** The store has something else than it should: gives the lease up for another one. */
  replace(): void {
    this.#abandon(false);
    this.hurry();
  }

  /** Gives the lease up for good: its members leave `afterMs` from now, unless they have come elsewhere. */
  async end(afterMs: number): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#current = undefined;
    if (this.#id !== undefined) await this.store.release(this.#id, afterMs);
  }

  async #beat(): Promise<void> {
    this.#beating = true;
    this.#beatAgain = false;
    let nextMs: number;
    try {
      nextMs = await this.#renew();
      this.#failures = 0;
    } catch {
      nextMs = backoffMs(++this.#failures, RETRY);
    }
    this.#beating = false;
    if (this.#ended) return;
    this.#schedule(this.#beatAgain ? 0 : nextMs);
    if (this.#current && this.#failures === 0) this.listener.onBeat();
  }

  /** Sooner than what is scheduled already, or not at all. */
  #schedule(inMs: number): void {
    const dueAt = performance.now() + inMs;
    if (this.#timer && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#beat();
    }, inMs).unref();
  }

  /** @returns when to beat again, ms from now */
  async #renew(): Promise<number> {
    if (this.#abandoned !== undefined) await this.store.release(this.#abandoned, SUCCESSION_MS);
    this.#abandoned = undefined;
    const id = this.#id ?? newId('i');
    const terms = { durationMs: this.durationMs, claimMs: CLAIM_MS, fresh: this.#id === undefined };
    const renewal = await this.store.renew(id, terms);
    // Given up meanwhile.
    if (this.#ended || (!terms.fresh && this.#id !== id)) return 0;
    this.#clockOffset = renewal.now - performance.now();
    if (!renewal.held) {
      this.#abandon(renewal.epoch === this.#epoch);
      return 0;
    }
    const lost = terms.fresh && this.#epoch !== undefined;
    this.#id = id;
    this.#epoch = renewal.epoch;
    this.#current = { id, until: renewal.until };
    if (lost) this.listener.onLost(this.#lossAnnounced);
    for (const dead of renewal.claimed) void this.#reap(dead);
    const interval = this.durationMs / BEATS_PER_LEASE;
    return Math.min(interval, (renewal.nextMs ?? interval) + MARGIN_MS);
  }

  #abandon(lossAnnounced: boolean): void {
    if (this.#id === undefined) return;
    this.#logger.warn('The presence lease is lost; all members are registered anew');
    this.#abandoned = this.#id;
    this.#lossAnnounced = lossAnnounced;
    this.#id = undefined;
    this.#current = undefined;
  }

  /** Stopped midway, it is claimed again by whoever comes first. */
  async #reap(dead: string): Promise<void> {
    try {
      await this.store.reap(dead);
      this.#logger.log(`Lease ${dead} is over: its members have left, unless they came elsewhere`);
    } catch (error) {
      this.#logger.warn(`Ending the members of lease ${dead} stopped: ${(error as Error).message}`);
    }
  }
}
