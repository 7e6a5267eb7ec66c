// A server that a test plays itself: what the client sends is there to see, and what it hears is the test's word.
import type { WebSocketConstructor, WebSocketLike } from '../../client/src/index.js';

/** A command as the client sent it. */
export type Sent = Record<string, unknown> & { readonly type: string; readonly id?: number };

type Listener = (event?: unknown) => void;

const USER = { id: 'u-ada', name: 'Ada' };
export const HEARTBEAT_MS = 25_000;

export class ScriptedSocket implements WebSocketLike {
  readonly sent: Sent[] = [];
  /** The client has closed it. */
  closed = false;
  /** Answers PING by itself. */
  pongs = false;
  readonly #listeners = new Map<string, Listener>();

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener as Listener);
  }

  send(data: string): void {
    const sent = JSON.parse(data) as Sent;
    this.sent.push(sent);
    if (this.pongs && sent.type === 'PING') queueMicrotask(() => this.say({ type: 'PONG', id: sent.id }));
  }

  close(): void {
    this.closed = true;
  }

  /** Opens, and is welcomed. */
  welcome(): this {
    this.#listeners.get('open')!();
    const limits = { maxFrameBytes: 65_536, maxRooms: 100 };
    return this.say({ type: 'WELCOME', connectionId: 'c-1', user: USER, limits, heartbeatMs: HEARTBEAT_MS });
  }

  say(frame: object): this {
    this.#listeners.get('message')!({ data: JSON.stringify(frame) });
    return this;
  }

  /** The connection ends, by the server or the network. */
  end(code = 1006): void {
    this.#listeners.get('close')!({ code, reason: '' });
  }

  commands(type: string): Sent[] {
    return this.sent.filter((sent) => sent.type === type);
  }

  /** Answers the newest command of a type. */
  answer(type: string, reply: object): this {
    const command = this.commands(type).at(-1);
    if (!command) throw new Error(`No ${type} among ${JSON.stringify(this.sent)}`);
    return this.say({ id: command.id, room: command['room'], ...reply });
  }

  refuse(type: string, code: string, details: object = {}): this {
    return this.answer(type, { type: 'ERROR', code, message: code, retryable: false, ...details });
  }

  /** Answers SUBSCRIBE: what is not said otherwise is a resume with nothing missed, or a join of an empty room. */
  joined(reply: object = {}): this {
    const since = this.commands('SUBSCRIBE').at(-1)?.['since'] as
      { epoch: string; offset: number } | undefined;
    const position = { epoch: since?.epoch ?? 'e1', offset: since?.offset ?? 0 };
    const recovered = since ? { recovered: true } : {};
    return this.answer('SUBSCRIBE', {
      type: 'SUBSCRIBED',
      ...position,
      ...recovered,
      replayed: 0,
      members: 1,
      ...reply,
    });
  }

  message(offset: number, room = 'general'): this {
    const sentAt = '2026-01-02T03:04:05.678Z';
    return this.say({
      type: 'MESSAGE',
      room,
      offset,
      messageId: `m${offset}`,
      sender: USER,
      message: `${offset}`,
      sentAt,
    });
  }

  /** Answers the newest send. */
  ack(offset: number, details: object = {}): this {
    const messageId = this.commands('SEND_MESSAGE').at(-1)?.['messageId'];
    return this.answer('SEND_MESSAGE', {
      type: 'ACK',
      epoch: 'e1',
      offset,
      messageId,
      duplicate: false,
      ...details,
    });
  }
}

export class ScriptedServer {
  /** Every connection the client has tried, oldest first. */
  readonly sockets: ScriptedSocket[] = [];
  readonly WebSocket: WebSocketConstructor;

  constructor() {
    const { sockets } = this;
    this.WebSocket = class extends ScriptedSocket {
      constructor() {
        super();
        sockets.push(this);
      }
    };
  }

  get newest(): ScriptedSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('The client has not connected');
    return socket;
  }
}
