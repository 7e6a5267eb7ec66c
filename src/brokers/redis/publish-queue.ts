// Publishes on their way to Redis: in order, many per round trip, tried again until their deadline.
import { ReplyError } from 'ioredis';
import type { Draft, Receipt } from '../../core/broker.js';
import { newEpoch } from '../../core/ids.js';
import { ChatError } from '../../protocol/errors.js';
import type { HistoryOptions } from '../history-options.js';
import { CALL_DEADLINE_MS } from '../link-timing.js';
import { Sweeper } from '../sweeper.js';
import { type Addressed, historyTerms } from './publish-call.js';
import type { RedisManager } from './redis-manager.js';

const MAX_PENDING = 20_000;
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
/** Messages in one script call, so that Redis is never busy with one for more than some two milliseconds. */
const MAX_BATCH = 200;
/** Redis answers so while it starts, fails over or is busy: nothing was stored, and it passes. */
const PASSING_ERROR = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS)/;
const RETRY_DELAY_MS = 50;
/** How long an empty or unused room keeps its epoch, as a multiple of its history's life. */
export const META_TTL_FACTOR = 4;

interface Entry extends Addressed {
  readonly deadline: number;
  settled: boolean;
  resolve(receipt: Receipt): void;
  reject(error: Error): void;
}

/**
 * A cut link leaves the outcome of what was in flight unknown; since the script stores each messageId once,
 * it is sent again, before anything newer. Each entry is answered within CALL_DEADLINE_MS, come what may.
 */
export class PublishQueue {
  /** What is with Redis; empty while nothing is. */
  #sent: readonly Entry[] = [];
  /** Oldest first. */
  #unsent: Entry[] = [];
  /** Unanswered. */
  #pending = 0;
  #pendingBytes = 0;
  #flushScheduled = false;
  readonly #sweeper = new Sweeper(() => this.#sweep());
  #downSince: number | undefined = performance.now();
  /** Of each call's arguments, those that never change. */
  readonly #history: string;

  constructor(
    private readonly manager: RedisManager,
    { size, ttlMs }: HistoryOptions,
  ) {
    this.#history = historyTerms(size, ttlMs, ttlMs * META_TTL_FACTOR);
  }

  push(room: string, draft: Draft): Promise<Receipt> {
    const now = performance.now();
    if (this.#hopeless(now) || this.#full()) return Promise.reject(unavailable());
    return new Promise<Receipt>((resolve, reject) => {
      const entry = { room, draft, deadline: now + CALL_DEADLINE_MS, settled: false, resolve, reject };
      this.#pending++;
      this.#pendingBytes += draft.body.length;
      this.#unsent.push(entry);
      this.#sweeper.start();
      this.#scheduleFlush();
    });
  }

  /** To be called whenever the commands link is ready. */
  onReady(): void {
    this.#downSince = undefined;
    this.#scheduleFlush();
  }

  close(): void {
    for (const entry of [...this.#sent, ...this.#unsent]) this.#fail(entry, unavailable());
    this.#unsent = [];
    this.#sweeper.stop();
  }

  /** While the link has been down for a whole deadline, waiting for it only makes clients wait. */
  #hopeless(now: number): boolean {
    if (this.manager.commandsReady) this.#downSince = undefined;
    else this.#downSince ??= now;
    const down = this.#downSince !== undefined && now - this.#downSince > CALL_DEADLINE_MS;
    return down || this.manager.inDoubt;
  }

  #full(): boolean {
    return this.#pending >= MAX_PENDING || this.#pendingBytes >= MAX_PENDING_BYTES;
  }

  /** After the poll phase, so that all which arrived in this turn of the event loop travels together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.#sent.length > 0 || this.#unsent.length === 0 || !this.manager.commandsReady) return;
    const unsent = this.#unsent;
    this.#unsent = unsent.length > MAX_BATCH ? unsent.splice(MAX_BATCH) : [];
    this.#send(unsent);
  };

  /** One batch at a time: whatever befalls it, nothing newer overtakes it. Meanwhile the next one grows. */
  #send(batch: Entry[]): void {
    this.#sent = batch;
    // Not async: each call would cost an object that keeps its place, and a promise more.
    void this.#publish(batch).then(
      (replies) => {
        for (let index = 0; index < batch.length; index++) this.#onReply(batch[index]!, replies[index]);
        this.#next();
      },
      (error: Error) => this.#onError(batch, error).then(() => this.#next()),
    );
  }

  #next(): void {
    this.#sent = [];
    if (this.#unsent.length > 0) this.#scheduleFlush();
  }

  #publish(batch: readonly Entry[]): Promise<string[]> {
    return this.manager.callPublish(batch, { history: this.#history, freshEpoch: newEpoch() });
  }

  /** What a link's end left unknown goes again, as does what was refused for a while; the rest one by one. */
  async #onError(batch: Entry[], error: Error): Promise<void> {
    const waiting = batch.filter(({ settled }) => !settled);
    const refused = error instanceof ReplyError;
    if (!refused || PASSING_ERROR.test(error.message)) {
      this.#unsent.unshift(...waiting);
      if (refused) await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
      return;
    }
    // One message's fault is not another's.
    if (batch.length > 1) await this.#sendSingly(waiting);
    else for (const entry of waiting) this.#fail(entry, unavailable(error));
  }

  /** Stops at the first which has to go again: those behind it follow it. */
  async #sendSingly(entries: readonly Entry[]): Promise<void> {
    for (const [index, entry] of entries.entries()) {
      await this.#sendAlone(entry);
      if (this.#unsent[0] !== entry) continue;
      this.#unsent.splice(1, 0, ...entries.slice(index + 1));
      return;
    }
  }

  async #sendAlone(entry: Entry): Promise<void> {
    try {
      const [reply] = await this.#publish([entry]);
      this.#onReply(entry, reply);
    } catch (error) {
      await this.#onError([entry], error as Error);
    }
  }

  /** @param reply `<outcome> <epoch> <offset>` */
  #onReply(entry: Entry, reply: string | undefined): void {
    if (entry.settled) return;
    if (!reply) return this.#fail(entry, unavailable());
    const outcome = reply.slice(0, reply.indexOf(' '));
    if (outcome === '-1') {
      return this.#fail(entry, new ChatError('CONFLICT', 'This messageId was used for another message'));
    }
    this.#done(entry);
    const offsetAt = reply.lastIndexOf(' ') + 1;
    const epoch = reply.slice(outcome.length + 1, offsetAt - 1);
    const { messageId } = entry.draft;
    entry.resolve({ epoch, offset: Number(reply.slice(offsetAt)), messageId, duplicate: outcome === '1' });
  }

  #fail(entry: Entry, error: Error): void {
    if (entry.settled) return;
    this.#done(entry);
    entry.reject(error);
  }

  #done(entry: Entry): void {
    entry.settled = true;
    this.#pending--;
    this.#pendingBytes -= entry.draft.body.length;
  }

  #sweep(): boolean {
    const now = performance.now();
    for (const entry of [...this.#sent, ...this.#unsent]) {
      if (entry.deadline <= now) this.#fail(entry, unavailable());
    }
    this.#unsent = this.#unsent.filter(({ settled }) => !settled);
    return this.#pending > 0;
  }
}

function unavailable(cause?: Error): ChatError {
  return new ChatError('UNAVAILABLE', 'The message broker does not answer; the message may not be stored', {
    cause,
  });
}
