// One WebSocket to the server: hello, commands and their answers, and whether the other end still lives.
import type { CloseCode } from '../../src/protocol/close-codes.js';
import type { ErrorFrame } from '../../src/protocol/frames.js';
import type { WebSocketConstructor, WebSocketLike } from './api.js';
import { ChatError } from './errors.js';
import type { Frame, FrameOf } from './wire.js';

export type Answer = (answer: Frame | ChatError) => void;

export interface LinkOptions {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

export interface LinkOwner {
  /** Welcomed, and authenticated where there is a token; `expiresAt` in ms of `Date.now()`. */
  onReady(link: Link, expiresAt: number | undefined): void;
  onFrame(link: Link, frame: Frame): void;
  /** The last call. Commands without an answer are answered with DISCONNECTED right after it. */
  onEnd(link: Link, error: ChatError): void;
}

const UNAUTHENTICATED = 4500 satisfies CloseCode;
const PING = '{"type":"PING"}';

export class Link {
  welcome: FrameOf<'WELCOME'> | undefined;
  user: FrameOf<'WELCOME'>['user'] | undefined;
  readonly #socket: WebSocketLike;
  readonly #pending = new Map<number, Answer>();
  #lastId = 0;
  #ready = false;
  #ended = false;
  #heardAt = performance.now();
  /** When the oldest thing that is waited for became it. */
  #waitingSince = this.#heardAt;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws what the WebSocket throws, as for a URL that is none */
  constructor(
    private readonly options: LinkOptions,
    private readonly owner: LinkOwner,
  ) {
    const socket = new options.WebSocket(options.url, 'roomcast.v1');
    this.#socket = socket;
    socket.addEventListener('open', () => this.#onOpen());
    socket.addEventListener('message', ({ data }) => this.#onData(data));
    // 'close' follows, and tells what there is to tell.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }) => {
      const terminal = code >= 4500 && code <= 4999;
      const message = `The connection ended: ${code} ${reason}`;
      const details = { retryable: !terminal, closeCode: code };
      this.#end(
        new ChatError(code === UNAUTHENTICATED ? 'UNAUTHENTICATED' : 'DISCONNECTED', message, details),
      );
    });
    this.#watch();
  }

  /** Whether nothing is waited for. */
  get idle(): boolean {
    return this.#pending.size === 0;
  }

  /** Sends a command, given as JSON, and calls back when its answer is read, before any later frame is. */
  request(command: string, answer: Answer): void {
    const id = ++this.#lastId;
    const frame = `{"id":${id},${command.slice(1)}`;
    if (this.welcome && byteLength(frame) > this.welcome.limits.maxFrameBytes) {
      return answer(new ChatError('MESSAGE_TOO_LARGE', 'Larger than a frame may be'));
    }
    this.#pending.set(id, answer);
    if (this.#pending.size === 1) {
      this.#waitingSince = performance.now();
      this.#watch();
    }
    this.#socket.send(frame);
  }

  /** Sends a command which has no answer. */
  tell(command: string): void {
    this.#socket.send(command);
  }

  /** Finds out soon whether the connection still lives. */
  probe(): void {
    if (this.#ready && this.idle) this.request(PING, () => undefined);
  }

  /** Calls back with when the token expires, in ms of `Date.now()`, if it does. */
  authenticate(token: string, done: (answer: number | undefined | ChatError) => void): void {
    this.request(JSON.stringify({ type: 'AUTH', token }), (answer) => {
      if (answer instanceof ChatError) return done(answer);
      if (answer.type !== 'AUTHENTICATED') return;
      this.user = answer.user;
      done(answer.expiresAt === undefined ? undefined : Date.parse(answer.expiresAt));
    });
  }

  close(): void {
    this.#end(new ChatError('CLOSED', 'The connection was closed here'));
  }

  #onOpen(): void {
    const { token } = this.options;
    if (this.#ended || token === undefined) return;
    this.authenticate(token, (answer) => {
      if (answer instanceof ChatError) this.#end(answer);
      else this.#onReady(answer);
    });
  }

  #onReady(expiresAt?: number): void {
    this.#ready = true;
    this.owner.onReady(this, expiresAt);
    this.#watch();
  }

  #onData(data: unknown): void {
    if (this.#ended) return;
    this.#heardAt = performance.now();
    let frame: Frame;
    try {
      frame = JSON.parse(String(data)) as Frame;
    } catch (cause) {
      return this.#end(new ChatError('DISCONNECTED', 'Unreadable frame', { retryable: true, cause }));
    }
    const answer = frame.id === undefined ? undefined : this.#pending.get(frame.id);
    if (answer) {
      this.#pending.delete(frame.id!);
      this.#waitingSince = this.#heardAt;
      answer(frame.type === 'ERROR' ? errorOf(frame) : frame);
    } else if (frame.type === 'WELCOME') {
      this.welcome = frame;
      this.user ??= frame.user;
      if (this.options.token === undefined) this.#onReady();
    }
    if (!this.#ended) this.owner.onFrame(this, frame);
  }

  #end(error: ChatError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket.close();
    this.owner.onEnd(this, error);
    const lost = new ChatError('DISCONNECTED', error.message, { retryable: true, cause: error });
    for (const answer of this.#pending.values()) answer(lost);
    this.#pending.clear();
  }

  /** A browser does not show the server's pings, so whoever hears nothing asks; answers come in order, and soon. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    const waits = !this.#ready || !this.idle;
    const silentAt = this.#heardAt + (this.welcome?.heartbeatMs ?? 0);
    const dueAt = waits ? this.#waitingSince + this.options.timeoutMs : silentAt;
    const dueMs = dueAt - performance.now();
    if (dueMs > 0) this.#timer = setTimeout(() => this.#watch(), dueMs);
    else if (waits) this.#end(new ChatError('TIMEOUT', 'The server does not answer', { retryable: true }));
    else this.probe();
  }
}

function errorOf({ code, message, ...details }: ErrorFrame): ChatError {
  return new ChatError(code, message, details);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
