// HTTP by hand: what a test writes is what the server gets, byte by byte, and what it answers is told as it stands.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { within } from '../support/deadline.js';

const TIMEOUT_MS = 10_000;
const HEAD_END = '\r\n\r\n';
/** How often a peer that was given up is written to, to see whether anybody still holds the other end. */
const KNOCK_INTERVAL_MS = 50;

export interface Answer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  /** Everything up to the empty line. */
  readonly head: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface UpgradeParts {
  method?: string;
  target?: string;
  version?: string;
  /** Replace those of a proper handshake; undefined leaves one out. */
  headers?: Readonly<Record<string, string | undefined>>;
}

/** A handshake that is right but for what `parts` say. */
export function upgradeRequest({ method, target, version, headers }: UpgradeParts = {}): string {
  const all: Record<string, string | undefined> = {
    Host: 'chat.example.com',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': 'roomcast.v1',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return [`${method ?? 'GET'} ${target ?? '/ws'} HTTP/${version ?? '1.1'}`, ...lines].join('\r\n') + HEAD_END;
}

export class RawHttp {
  /** Resolves when the server has said that it will send no more, or the connection broke. */
  readonly ended: Promise<void>;
  /** Resolves when the connection is gone altogether. */
  readonly gone: Promise<void>;
  #received = '';

  private constructor(private readonly socket: Socket) {
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    this.ended = Promise.race([new Promise<void>((resolve) => socket.once('end', resolve)), this.gone]);
    // What a server that has hung up does to a writer; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (this.#received += chunk.toString('latin1')));
  }

  /** The client's half stays open until it is destroyed, so that only the server can end the connection. */
  static async open(port: number): Promise<RawHttp> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const raw = new RawHttp(socket);
    await within(once(socket, 'connect'), TIMEOUT_MS, 'The TCP connection');
    return raw;
  }

  /** All that came so far. */
  get received(): string {
    return this.#received;
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The head of the answer, once it is there or the connection has ended without one. */
  async answer(timeoutMs = TIMEOUT_MS): Promise<Answer> {
    const complete = async (): Promise<void> => {
      while (!this.#received.includes(HEAD_END)) await once(this.socket, 'data');
    };
    await within(Promise.race([complete(), this.ended]), timeoutMs, 'The answer');
    const head = this.#received.split(HEAD_END, 1)[0] ?? '';
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    return {
      status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? 0),
      head,
      headers: new Map(headers),
    };
  }

  /**
   * Resolves when the server holds nothing of the connection any more: it answers further bytes with a reset. A
   * server which only ended its own half would take them, and keep its socket for as long as the client likes.
   */
  async forgotten(timeoutMs = TIMEOUT_MS): Promise<void> {
    const knocking = setInterval(() => this.socket.write('x'), KNOCK_INTERVAL_MS);
    try {
      await within(this.gone, timeoutMs, 'The server lets go of the connection');
    } finally {
      clearInterval(knocking);
    }
  }

  /** Says that no more will come, and resolves when the server has ended its half too. */
  async finish(timeoutMs = TIMEOUT_MS): Promise<void> {
    this.socket.end();
    await within(this.gone, timeoutMs, 'The server ends the connection');
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** One request on a connection of its own; what the server answered. */
export async function exchange(port: number, request: string | Buffer): Promise<Answer> {
  const raw = await RawHttp.open(port);
  try {
    raw.write(request);
    return await raw.answer();
  } finally {
    raw.destroy();
  }
}
