// A TCP proxy on loopback whose faults a test can switch: cut, refused, silent, slow or one-way connections.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';

/** Bytes held back for one connection by `delay` before its server is no longer read. */
const MAX_DELAYED_BYTES = 1024 * 1024;
const GREETING_LENGTH = 512;

interface Faults {
  refuse: boolean;
  blackhole: boolean;
  dropReplies: boolean;
  /** What a client says for its answer, and all after it, to be dropped. */
  dropAfter: string | undefined;
  delayMs: number;
}

/** One client's connection and the one made to the server for it. */
class ProxiedConnection {
  private readonly delayed: { chunk: Buffer | undefined; dueAt: number }[] = [];
  private delayedBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private open = 2;
  /** The client's first bytes, by which a test can tell its connections apart. */
  private greeting = '';
  private silenced = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly faults: Faults,
    onClosed: () => void,
  ) {
    client.on('data', (chunk) => {
      if (faults.dropAfter && chunk.includes(faults.dropAfter)) faults.dropReplies = true;
      if (this.greeting.length < GREETING_LENGTH) this.greeting += chunk.toString('latin1');
      server.write(chunk);
      this.regulate();
    });
    client.on('end', () => server.end());
    server.on('data', (chunk) => this.reply(chunk));
    server.on('end', () => this.reply(undefined));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.setNoDelay(true);
      one.on('drain', () => this.regulate());
      one.on('error', () => other.destroy());
      one.on('close', () => {
        // A side that ended in good order leaves the other to finish; one that broke off takes it along.
        if (!one.readableEnded) other.destroy();
        if (--this.open > 0) return;
        clearTimeout(this.timer);
        onClosed();
      });
    }
    this.regulate();
  }

  /** Forwards nothing from now on, if its client's first bytes have this text. */
  silence(greeting: string): void {
    this.silenced ||= this.greeting.includes(greeting);
    this.regulate();
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }

  /** Reads each side only while the other takes what is read, so that nothing piles up here. */
  regulate(): void {
    const blackhole = this.faults.blackhole || this.silenced;
    if (!blackhole) this.release();
    setReading(this.client, !blackhole && !this.server.writableNeedDrain);
    const backlog = this.client.writableNeedDrain || this.delayedBytes > MAX_DELAYED_BYTES;
    setReading(this.server, !blackhole && !backlog);
  }

  /** Takes a chunk for the client; undefined is the end of the stream. */
  private reply(chunk: Buffer | undefined): void {
    if (chunk && this.faults.dropReplies) return;
    this.delayed.push({ chunk, dueAt: Date.now() + this.faults.delayMs });
    this.delayedBytes += chunk?.length ?? 0;
    this.regulate();
  }

  /** Sends what is due, oldest first, and comes back for the rest. */
  private release(): void {
    clearTimeout(this.timer);
    for (let next = this.delayed[0]; next; next = this.delayed[0]) {
      const waitMs = next.dueAt - Date.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.regulate(), waitMs);
        return;
      }
      this.delayed.shift();
      this.delayedBytes -= next.chunk?.length ?? 0;
      if (next.chunk) this.client.write(next.chunk);
      else this.client.end();
    }
  }
}

function setReading(socket: Socket, reading: boolean): void {
  if (reading) socket.resume();
  else socket.pause();
}

export class TcpProxy {
  private readonly faults: Faults = {
    refuse: false,
    blackhole: false,
    dropReplies: false,
    dropAfter: undefined,
    delayMs: 0,
  };
  private readonly open = new Set<ProxiedConnection>();

  private constructor(
    readonly port: number,
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** Listens on a free port, and connects each client to `targetPort`. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const port = await freePort();
    const proxy = new TcpProxy(port, server, targetPort);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** How many clients are connected now. */
  get connections(): number {
    return this.open.size;
  }

  /** Destroys every connection; new ones are welcome. */
  cut(): void {
    for (const connection of this.open) connection.destroy();
  }

  /** Resets new connections as soon as they are made; the others go on. */
  refuse(refused: boolean): void {
    this.faults.refuse = refused;
  }

  /** Keeps every connection open and forwards nothing either way. What was sent meanwhile flows on afterwards. */
  blackhole(silent: boolean): void {
    this.faults.blackhole = silent;
    this.regulate();
  }

  /** Silences for ever the open connections in whose first bytes from the client `greeting` stands. */
  silence(greeting: string): void {
    for (const connection of this.open) connection.silence(greeting);
  }

  /** Holds back each byte from the server for `delayMs`; order is kept. */
  delay(delayMs: number): void {
    this.faults.delayMs = delayMs;
  }

  /** Goes on forwarding to the server, and throws its answers away. */
  dropReplies(dropped: boolean): void {
    this.faults.dropReplies = dropped;
  }

  /** From the next time on that a client says `text`, as `dropReplies(true)`; undefined: no more. */
  dropRepliesAfter(text: string | undefined): void {
    this.faults.dropAfter = text;
    this.faults.dropReplies = false;
  }

  async stop(): Promise<void> {
    this.cut();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    if (this.faults.refuse) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const connection = new ProxiedConnection(client, server, this.faults, () => this.open.delete(connection));
    this.open.add(connection);
  }

  private regulate(): void {
    for (const connection of this.open) connection.regulate();
  }
}
