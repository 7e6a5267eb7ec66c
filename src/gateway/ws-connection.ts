// A client's WebSocket as the rest of the server sees it: ordered sending within a byte budget, and its pulse.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Connection } from '../core/connection.js';
import { newId } from '../core/ids.js';
import { CLOSE_REASONS, CloseCode } from '../protocol/close-codes.js';
import type { Dialect, Frame } from '../protocol/dialects/dialect.js';
import { defaultDialect } from '../protocol/dialects/select.js';
import type { Identity } from '../protocol/events.js';
import type { GatewayOptions } from './gateway-options.js';

/** Only replies may take a connection over its budget; at this multiple of it, it is cut. */
const CEILING_FACTOR = 4;

/** What the upgrade request decided about a connection. */
export interface Handshake {
  readonly identity: Identity;
  /** The room of `/ws/<room>`. */
  readonly room: string | undefined;
  /** Known from the subprotocol; otherwise the first frame shows it. */
  readonly dialect: Dialect | undefined;
}

export class WsConnection implements Connection {
  readonly id = newId('c');
  readonly identity: Identity;
  #dialect: Dialect | undefined;
  #closing = false;
  #waiting: (() => void)[] = [];
  #pingAt: number;
  /** By when the peer has to be heard, and what had been read from it at the ping. */
  #pulse: { readonly deadline: number; readonly bytesRead: number } | undefined;
  /** Since when it has been over its budget without taking a byte, and what it had taken by then. */
  #stall: { readonly since: number; readonly bytesTaken: number } | undefined;

  constructor(
    readonly socket: WebSocket,
    private readonly stream: Socket,
    readonly handshake: Handshake,
    private readonly options: GatewayOptions,
  ) {
    this.identity = handshake.identity;
    this.#dialect = handshake.dialect;
    this.#pingAt = performance.now() + options.heartbeatMs;
    stream.on('drain', () => this.#releaseWaiting());
    socket.on('close', () => {
      this.#closing = true;
      this.#releaseWaiting();
    });
  }

  get dialect(): Dialect {
    return this.#dialect ?? defaultDialect;
  }

  get dialectKnown(): boolean {
    return this.#dialect !== undefined;
  }

  decideDialect(dialect: Dialect): void {
    this.#dialect ??= dialect;
  }

  get closed(): boolean {
    return this.#closing || this.socket.readyState !== this.socket.OPEN;
  }

  get writable(): boolean {
    return this.socket.bufferedAmount <= this.options.sendBudgetBytes;
  }

  send(frame: Frame): void {
    if (this.closed) return;
    this.socket.send(frame, { binary: false });
    if (this.socket.bufferedAmount > CEILING_FACTOR * this.options.sendBudgetBytes) {
      this.close(CloseCode.SLOW_CONSUMER);
    }
  }

  async whenWritable(): Promise<void> {
    if (this.closed || this.writable) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The server's `closeTimeout` ends the socket when the peer doesn't answer. */
  close(code: CloseCode): void {
    if (this.#closing) return;
    this.#closing = true;
    this.socket.close(code, CLOSE_REASONS[code]);
    this.#releaseWaiting();
  }

  /** To be called about every second: pings, and ends what is dead or takes nothing. */
  check(now: number): void {
    if (this.closed) return;
    this.#checkPulse(now);
    this.#checkStall(now);
  }

  /** Any byte since the ping proves the peer alive, not only its pong. */
  #checkPulse(now: number): void {
    if (this.#pulse) {
      if (this.stream.bytesRead > this.#pulse.bytesRead) this.#pulse = undefined;
      else if (now > this.#pulse.deadline) this.socket.terminate();
    } else if (now >= this.#pingAt) {
      this.#pingAt = now + this.options.heartbeatMs;
      this.#pulse = { deadline: now + this.options.heartbeatTimeoutMs, bytesRead: this.stream.bytesRead };
      this.socket.ping();
    }
  }

  #checkStall(now: number): void {
    if (this.writable) {
      this.#stall = undefined;
      return;
    }
    const bytesTaken = this.stream.bytesWritten - this.stream.writableLength;
    if (!this.#stall || bytesTaken > this.#stall.bytesTaken) this.#stall = { since: now, bytesTaken };
    else if (now - this.#stall.since > this.options.slowConsumerMs) this.close(CloseCode.SLOW_CONSUMER);
  }

  #releaseWaiting(): void {
    if (!this.closed && !this.writable) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
