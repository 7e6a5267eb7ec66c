// Keeps a connection: opens it, opens the next one when it ends or is about to, and never two tries at a time.
import type { ChatOptions, ConnectionState, WebSocketConstructor } from './api.js';
import { backoffMs } from './backoff.js';
import { Subject } from './emitter.js';
import { ChatError } from './errors.js';
import { Link } from './link.js';
import { TokenSource } from './token-source.js';
import type { Frame } from './wire.js';

/** A connection that lived for so long was a good one: the next try is a first one. */
const STABLE_MS = 20_000;
const RENEW_BEFORE_EXPIRY_MS = 30_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The page's window, which says when the network is back; Node has none. */
const page = globalThis as {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
};

export interface ConnectorOwner {
  /** A connection to join rooms on. One that was there before goes on until `release`, or until it ends. */
  onLink(link: Link): void;
  onFrame(link: Link, frame: Frame): void;
  onLost(link: Link): void;
  /** For good. */
  onClosed(error: ChatError): void;
  /** Whether a connection that has a successor is not needed any more. */
  isLeft(link: Link): boolean;
}

export interface ConnectorOptions extends Pick<ChatOptions, 'token'> {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly timeoutMs: number;
}

export class Connector {
  readonly state = new Subject<ConnectionState>({ status: 'idle' });
  readonly #tokens: TokenSource;
  #link: Link | undefined;
  #readyAt = 0;
  /** The one before, until all its rooms have moved over and its answers have come. */
  #previous: Link | undefined;
  #dialing = false;
  #next: Link | undefined;
  #tries = 0;
  /** Tokens that the server refused in a row. */
  #refusedTokens = 0;
  #dialTimer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #onOnline = () => {
    if (this.state.value.status === 'waiting') this.dial();
    else this.#link?.probe();
  };

  constructor(
    private readonly options: ConnectorOptions,
    private readonly owner: ConnectorOwner,
  ) {
    this.#tokens = new TokenSource(options.token, options.timeoutMs);
    page.addEventListener?.('online', this.#onOnline);
  }

  /** The newest connection that is ready. */
  get link(): Link | undefined {
    return this.#link;
  }

  get #closed(): boolean {
    return this.state.value.status === 'closed';
  }

  /** Opens a connection now, unless that is under way. */
  dial(): void {
    if (this.#dialing || this.#closed) return;
    this.#dialing = true;
    clearTimeout(this.#dialTimer);
    if (!this.#link) this.state.set({ status: 'connecting', attempt: this.#tries });
    void this.#open();
  }

  close(error?: ChatError): void {
    if (this.#closed) return;
    this.state.set({ status: 'closed', ...(error && { reason: error }) });
    page.removeEventListener?.('online', this.#onOnline);
    clearTimeout(this.#dialTimer);
    clearTimeout(this.#renewTimer);
    this.owner.onClosed(error ?? new ChatError('CLOSED', 'The client was closed'));
    for (const link of [this.#next, this.#link, this.#previous]) link?.close();
  }

  async #open(): Promise<void> {
    try {
      const token = await this.#tokens.get();
      if (this.#closed) return;
      const { url, WebSocket, timeoutMs } = this.options;
      this.#next = new Link(
        { url, WebSocket, token, timeoutMs },
        {
          onReady: (link, expiresAt) => this.#onReady(link, expiresAt),
          onFrame: (link, frame) => this.#onFrame(link, frame),
          onEnd: (link, error) => this.#onEnd(link, error),
        },
      );
    } catch (cause) {
      this.#dialing = false;
      this.#retry(new ChatError('DISCONNECTED', String(cause), { retryable: true, cause }));
    }
  }

  #onReady(link: Link, expiresAt: number | undefined): void {
    this.#previous?.close();
    this.#previous = this.#link;
    this.#link = link;
    this.#next = undefined;
    this.#dialing = false;
    this.#refusedTokens = 0;
    this.#readyAt = performance.now();
    this.#renewLater(link, expiresAt);
    const { user, welcome } = link;
    this.state.set({ status: 'connected', user: user!, connectionId: welcome!.connectionId });
    this.owner.onLink(link);
    this.#tidy();
  }

  #onFrame(link: Link, frame: Frame): void {
    if (frame.type === 'RECONNECT' && link === this.#link && !this.#dialing) {
      clearTimeout(this.#dialTimer);
      this.#dialTimer = setTimeout(() => this.dial(), frame.afterMs);
    }
    this.owner.onFrame(link, frame);
    this.#tidy();
  }

  #tidy(): void {
    const previous = this.#previous;
    if (previous?.idle && this.owner.isLeft(previous)) previous.close();
  }

  #onEnd(link: Link, error: ChatError): void {
    this.owner.onLost(link);
    if (link === this.#previous) this.#previous = undefined;
    else if (link === this.#link) {
      this.#link = undefined;
      clearTimeout(this.#renewTimer);
      if (performance.now() - this.#readyAt > STABLE_MS) this.#tries = 0;
      this.#onFailure(error);
    } else {
      this.#next = undefined;
      this.#dialing = false;
      this.#onFailure(error);
    }
  }

  #onFailure(error: ChatError): void {
    if (this.#closed) return;
    const another = error.code === 'UNAUTHENTICATED' && this.#tokens.renewable && ++this.#refusedTokens < 2;
    if (another) this.#tokens.expiresAt(0);
    else if (!error.retryable) this.close(error);
    this.#retry(error);
  }

  #retry(reason: ChatError): void {
    if (this.#dialing || this.#closed) return;
    const waitMs = backoffMs(++this.#tries) + (reason.retryAfterMs ?? 0);
    clearTimeout(this.#dialTimer);
    this.#dialTimer = setTimeout(() => this.dial(), waitMs);
    if (this.#link) return;
    this.state.set({ status: 'waiting', attempt: this.#tries, retryAt: Date.now() + waitMs, reason });
  }

  /** Ahead of the expiry, at the latest when a quarter of the time is left. */
  #renewLater(link: Link, expiresAt: number | undefined): void {
    clearTimeout(this.#renewTimer);
    if (expiresAt === undefined) return;
    this.#tokens.expiresAt(expiresAt);
    if (!this.#tokens.renewable) return;
    const leftMs = expiresAt - Date.now();
    const waitMs = leftMs - Math.min(RENEW_BEFORE_EXPIRY_MS, leftMs / 4);
    this.#renewTimer = setTimeout(() => void this.#renew(link), Math.min(waitMs, MAX_TIMER_MS));
  }

  async #renew(link: Link): Promise<void> {
    try {
      this.#tokens.renew();
      const token = await this.#tokens.get();
      if (link !== this.#link) return;
      link.authenticate(token!, (answer) => this.#onRenewed(link, answer));
    } catch {
      this.#renewAgain(link);
    }
  }

  #onRenewed(link: Link, answer: number | undefined | ChatError): void {
    if (answer instanceof ChatError) this.#renewAgain(link);
    else this.#renewLater(link, answer);
  }

  /** Until it works, or the server ends the connection with 4500. */
  #renewAgain(link: Link): void {
    if (link !== this.#link) return;
    this.#renewTimer = setTimeout(() => void this.#renew(link), backoffMs(1));
  }
}
