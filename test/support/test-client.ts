// A WebSocket client for tests: frames are awaited by what they are, and those not yet asked for stay queued.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { messageOf, within } from './deadline.js';

const TIMEOUT_MS = 20_000;
/** What members hear of each other besides messages; only tests which are about it take it. */
const PRESENCE = new Set(['MEMBER_JOINED', 'MEMBER_LEFT', 'MEMBERS_CHANGED', 'TYPING']);
/** Characters of the queue that a failed wait tells. */
const MAX_SHOWN = 4000;

/** One JSON object as the server sent it; frames of some dialects have no type. */
export type Frame = Record<string, unknown> & { readonly type?: string };
type Match = string | ((frame: Frame) => boolean);

interface Waiter {
  matches(frame: Frame): boolean;
  take(frame: Frame): void;
  fail(error: Error): void;
}

/** What is not JSON becomes a frame too, for the test to see. */
function parse(data: Buffer, isBinary: boolean): Frame {
  const text = data.toString();
  if (isBinary) return { type: 'BINARY', text };
  try {
    const frame: Frame = JSON.parse(text);
    return frame;
  } catch {
    return { type: 'NOT_JSON', text };
  }
}

export class TestClient {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly frames: Frame[] = [];
  private readonly waiters = new Set<Waiter>();
  private lastId = 0;

  private constructor(
    private readonly socket: WebSocket,
    private readonly presence: boolean,
  ) {
    socket.on('message', (data: Buffer, isBinary) => this.receive(parse(data, isBinary)));
    // 'close' follows, and tells what there is to tell.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        const error = new Error(`the connection closed: ${code} ${reason.toString()}`);
        for (const waiter of this.waiters) waiter.fail(error);
      });
    });
  }

  /** Resolves when the server has accepted; rejects with its HTTP status when it refused. `presence`: take its events too. */
  static async connect(
    url: string,
    options: { protocols?: string[]; headers?: Record<string, string>; presence?: boolean } = {},
  ): Promise<TestClient> {
    const { protocols = ['roomcast.v1'], headers = {}, presence = false } = options;
    const socket = new WebSocket(url, protocols, { headers, handshakeTimeout: TIMEOUT_MS });
    const client = new TestClient(socket, presence);
    await once(socket, 'open');
    return client;
  }

  /** The frames that arrived and that nobody has taken, oldest first. */
  get queued(): readonly Frame[] {
    return this.frames;
  }

  /** The subprotocol that the server chose, or ''. */
  get protocol(): string {
    return this.socket.protocol;
  }

  /** Objects go out as JSON, strings as they are, buffers as binary frames. */
  send(frame: object | string | Buffer): void {
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Takes the oldest frame that matches (a type, or a predicate), waiting for it; the others stay queued. */
  async next(match: Match = () => true, timeoutMs = TIMEOUT_MS): Promise<Frame> {
    const matches = typeof match === 'string' ? (frame: Frame): boolean => frame.type === match : match;
    const index = this.frames.findIndex(matches);
    const [queued] = index < 0 ? [] : this.frames.splice(index, 1);
    const what = typeof match === 'string' ? match : 'a frame that matches';
    return queued ?? this.wait(matches, (frame) => frame, what, timeoutMs);
  }

  /** Sends a command under an id of its own, and resolves with the reply to it, be it an ERROR. */
  async request(command: object, timeoutMs = TIMEOUT_MS): Promise<Frame> {
    const id = this.nextId();
    this.send({ ...command, id });
    const what = `the reply to ${JSON.stringify(command)}`;
    return this.wait(
      (frame) => frame['id'] === id,
      (frame) => frame,
      what,
      timeoutMs,
    );
  }

  /**
   * Takes every frame that the server sent before it answered a PING of now: replies come in the order of the
   * commands, so this shows what did not come as well as what did. For the native dialect.
   */
  async fence(timeoutMs = TIMEOUT_MS): Promise<Frame[]> {
    const id = this.nextId();
    this.send({ type: 'PING', id });
    return this.wait(
      (frame) => frame.type === 'PONG' && frame['id'] === id,
      () => this.frames.splice(0),
      'PONG',
      timeoutMs,
    );
  }

  /** Closes in good order; resolves when that is done, or was broken off because the server did not answer. */
  async close(code = 1000): Promise<void> {
    this.socket.close(code);
    try {
      await within(this.closed, TIMEOUT_MS, 'The server answers the close');
    } catch {
      this.terminate();
    }
  }

  /** Drops the connection without a word. */
  terminate(): void {
    this.socket.terminate();
  }

  private nextId(): string {
    return `test-${++this.lastId}`;
  }

  private receive(frame: Frame): void {
    if (!this.presence && PRESENCE.has(frame.type ?? '')) return;
    for (const waiter of this.waiters) {
      if (!waiter.matches(frame)) continue;
      this.waiters.delete(waiter);
      waiter.take(frame);
      return;
    }
    this.frames.push(frame);
  }

  /** `take` runs as the frame arrives, before any later one is received. */
  private async wait<T>(
    matches: (frame: Frame) => boolean,
    take: (frame: Frame) => T,
    what: string,
    timeoutMs: number,
  ): Promise<T> {
    let waiter: Waiter | undefined;
    const taken = new Promise<T>((resolve, reject) => {
      waiter = { matches, take: (frame) => resolve(take(frame)), fail: reject };
      if (this.socket.readyState === WebSocket.CLOSED) reject(new Error('the connection is closed'));
      else this.waiters.add(waiter);
    });
    try {
      return await within(taken, timeoutMs, what);
    } catch (error) {
      const queued = JSON.stringify(this.frames.slice(-20)).slice(0, MAX_SHOWN);
      throw new Error(`${what}: ${messageOf(error)}; queued: ${queued}`, { cause: error });
    } finally {
      if (waiter) this.waiters.delete(waiter);
    }
  }
}
