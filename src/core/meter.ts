// What this instance has counted since it started. Plain fields: the path of a message only adds, a scrape reads.
import type { ErrorCode } from '../protocol/errors.js';
import { LatencyHistogram } from './latency-histogram.js';

/** After this long a message that is followed is given up for another one, ms. */
const FOLLOWED_MS = 10_000;

/** Counts by a label, of which there are few values. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(label: string | number, by = 1): void {
    const key = String(label);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  entries(): Iterable<[label: string, count: number]> {
    return this.#counts.entries();
  }
}

export interface Traffic {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export class Meter {
  /** From the call to publish until the broker has stored it, failures left out. */
  readonly ackSeconds = new LatencyHistogram();
  readonly brokerRoundTripSeconds = new LatencyHistogram();
  /** Of messages which were published here, one at a time. */
  readonly publishToDeliverSeconds = new LatencyHistogram();
  /** By `stored` and `duplicate`. */
  readonly acks = new Tally();
  messagesReceived = 0;
  /** Messages that came from the broker, in order. */
  publications = 0;
  /** Messages × members they were sent to. */
  deliveries = 0;
  gapsFound = 0;
  gapsRepaired = 0;
  /** Stretches which the log did not hold any more: members were told. */
  gapsTold = 0;
  resets = 0;
  /** By `recovered` and `lost`. */
  readonly resumes = new Tally();
  /** Members who did not keep up with a room's live feed. */
  fellBehind = 0;
  connectionsOpened = 0;
  /** By close code. */
  readonly closes = new Tally();
  /** By error code; those that clients were told. */
  readonly errors = new Tally();
  /** By HTTP status. */
  readonly refusedUpgrades = new Tally();
  /** By `command`, `handshake` and `request`. */
  readonly rateLimited = new Tally();
  /** Of all connections so far; who has the sockets says how it is read. */
  traffic: () => Traffic = () => ({ bytesRead: 0, bytesWritten: 0 });
  #followed: string | undefined;
  #followedAt = 0;

  /** @param now `performance.now()` */
  onPublish(messageId: string, now: number): void {
    this.messagesReceived++;
    if (this.#followed !== undefined && now - this.#followedAt < FOLLOWED_MS) return;
    this.#followed = messageId;
    this.#followedAt = now;
  }

  /** @param publishedAt `performance.now()` of then */
  onStored(publishedAt: number, duplicate: boolean): void {
    this.ackSeconds.observe((performance.now() - publishedAt) / 1_000);
    this.acks.add(duplicate ? 'duplicate' : 'stored');
  }

  /** An error that a client is told. */
  onError(code: ErrorCode): void {
    this.errors.add(code);
    if (code === 'RATE_LIMITED') this.rateLimited.add('command');
  }

  onDelivered(messageId: string, members: number): void {
    this.publications++;
    this.deliveries += members;
    if (messageId !== this.#followed) return;
    this.#followed = undefined;
    this.publishToDeliverSeconds.observe((performance.now() - this.#followedAt) / 1_000);
  }
}
