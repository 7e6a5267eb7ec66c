// The link to NATS: makes it, makes it anew for ever, and lets nobody wait in vain.
import { readFileSync } from 'node:fs';
import { Injectable, Logger } from '@nestjs/common';
import { credsAuthenticator } from '@nats-io/transport-node';
import { backoffMs } from '../../core/backoff.js';
import { ChatError } from '../../protocol/errors.js';
import { HistoryOptions } from '../history-options.js';
import { RECONNECT_BACKOFF } from '../link-timing.js';
import { Patience } from '../patience.js';
import { NatsLink } from './nats-link.js';
import { NatsNames } from './nats-names.js';
import { NatsOptions, parseNatsUrl } from './nats-options.js';
import { ensureStreams } from './nats-streams.js';

const CONNECT_TIMEOUT_MS = 3_000;

/** Whom the manager tells. */
export interface NatsListener {
  /** There is a link, with all streams there, which nobody else uses yet. Rejecting ends it. */
  onLink(link: NatsLink): Promise<void>;
  /** Calls work, again or for the first time. */
  onReady(): void;
}

@Injectable()
export class NatsManager {
  readonly names: NatsNames;
  readonly #logger = new Logger(NatsManager.name);
  readonly #patience = new Patience();
  readonly #awaitingReady = new Set<() => void>();
  #listener: NatsListener | undefined;
  #link: NatsLink | undefined;
  #opening: NatsLink | undefined;
  #wake: (() => void) | undefined;
  #down = false;
  #closed = false;

  constructor(
    private readonly options: NatsOptions,
    private readonly history: HistoryOptions,
  ) {
    this.names = new NatsNames(options.prefix);
  }

  /** Begins to connect, and goes on trying for ever; returns at once. Called once. */
  connect(listener: NatsListener): void {
    this.#listener = listener;
    void this.#keepLinked();
  }

  get ready(): boolean {
    return this.#link !== undefined;
  }

  get alive(): boolean {
    return this.#link?.alive ?? false;
  }

  get replicas(): number {
    return this.options.replicas;
  }

  get inDoubt(): boolean {
    return this.#patience.inDoubt;
  }

  /** @throws ChatError UNAVAILABLE while there is none */
  get link(): NatsLink {
    if (this.#link) return this.#link;
    throw new ChatError('UNAVAILABLE', 'The message broker is not connected');
  }

  /** Waits for the link as long as for a call: at the start, or after a short cut, it is back at once. */
  async whenReady(): Promise<void> {
    if (this.ready) return;
    let release!: () => void;
    const ready = new Promise<void>((resolve) => (release = resolve));
    this.#awaitingReady.add(release);
    try {
      await this.call(ready);
    } finally {
      this.#awaitingReady.delete(release);
    }
  }

  /** Puts the deadline on an answer, and turns whatever fails into UNAVAILABLE. */
  async call<T>(reply: Promise<T>): Promise<T> {
    try {
      const answer = this.#patience.wait(reply);
      return await (this.#closed ? Promise.race([Promise.reject(new Error('closed')), answer]) : answer);
    } catch (cause) {
      throw cause instanceof ChatError
        ? cause
        : new ChatError('UNAVAILABLE', 'The message broker does not answer', { cause });
    }
  }

  /** Gives up the present link for a new one, on which the streams are made anew where they are missing. */
  renewLink(): void {
    void this.#link?.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listener = undefined;
    this.#wake?.();
    // They find that there is no link.
    for (const release of this.#awaitingReady) release();
    await Promise.all([this.#opening?.close(), this.#link?.close()]);
  }

  async #keepLinked(): Promise<void> {
    for (let attempt = 1; !this.#closed; attempt++) {
      try {
        await this.#open();
        attempt = 0;
        this.#logger.log(`The link to NATS is ${this.#down ? 'back' : 'up'}`);
        this.#down = false;
        this.#warnOnce(await this.#link!.ended);
      } catch (error) {
        this.#warnOnce((error as Error).message);
      }
      this.#link = undefined;
      if (!this.#closed) await this.#rest(backoffMs(attempt + 1, RECONNECT_BACKOFF));
    }
  }

  async #open(): Promise<void> {
    const link = await NatsLink.open(this.#connectionOptions(), () => this.#patience.answered());
    this.#opening = link;
    try {
      if (this.#closed) throw new Error('closed');
      await ensureStreams(link.connection, this.names, this.options, this.history);
      await this.#listener?.onLink(link);
      if (this.#closed) throw new Error('closed');
    } catch (error) {
      await link.close();
      throw error;
    } finally {
      this.#opening = undefined;
    }
    this.#link = link;
    for (const release of this.#awaitingReady) release();
    this.#listener?.onReady();
  }

  #connectionOptions(): Parameters<typeof NatsLink.open>[0] {
    const { servers, tls, user, password, token } = parseNatsUrl(this.options.url);
    const { credentialsFile } = this.options;
    return {
      name: 'roomcast',
      servers,
      timeout: CONNECT_TIMEOUT_MS,
      ...(tls && { tls: {} }),
      ...(user !== undefined && password !== undefined && { user, pass: password }),
      ...(token !== undefined && { token }),
      ...(credentialsFile !== undefined && {
        authenticator: credsAuthenticator(readFileSync(credentialsFile)),
      }),
    };
  }

  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One line when the link goes, one when it is back, however many attempts lie between. */
  #warnOnce(reason: string): void {
    if (!this.#down && !this.#closed) this.#logger.warn(`The link to NATS is down, retrying: ${reason}`);
    this.#down = true;
  }
}
