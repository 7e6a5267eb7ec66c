// A client's WebSocket as the rest of the server sees it: ordered sending within a byte budget, and its pulse.
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Connection } from '../core/connection.js';
import { newId } from '../core/ids.js';
import { Permissions } from '../core/permissions.js';
import type { Session } from '../core/session.js';
import { CLOSE_REASONS, CloseCode } from '../protocol/close-codes.js';
import type { Dialect, Frame } from '../protocol/dialects/dialect.js';
import { undecided } from '../protocol/dialects/undecided.js';
import type { ClientSocket, SocketOwner } from './client-socket.js';
import type { FrameBatch } from './frame-batch.js';
import type { ConnectionHost, ConnectionServer, Handshake } from './connection-host.js';
import type { Outgoing } from './frame-writer.js';

/** Only replies may take a connection over its budget; at this multiple of it, it is cut. */
const CEILING_FACTOR = 4;

/** Until AUTH: nobody, who may do nothing. */
const NOBODY: Session = {
  user: { id: '', name: '' },
  permissions: Permissions.NONE,
  expiresAt: undefined,
  authenticated: false,
};

export class WsConnection implements Connection, Outgoing, SocketOwner {
  readonly id = newId('c');
  pending = 0;
  /** The user for whom `ConnectionLimits` counts it; undefined where it doesn't. */
  countedFor: string | undefined;
  /** The frames of this tick. */
  #batch: FrameBatch | undefined;
  /** Whether the kernel did not take all that was written last: only then more than the batch may be unsent. */
  #lagging = false;
  #session: Session | undefined;
  /** By when AUTH has to come. */
  readonly #authDeadline: number;
  #dialect: Dialect | undefined;
  #closing = false;
  #closeCode: CloseCode | undefined;
  #server: ConnectionServer | undefined;
  /** Nest's word to the gateway. */
  #onDisconnect: (() => void) | undefined;
  /** Those who wait for it to be writable. */
  #waiting: (() => void)[] | undefined;
  #pingAt: number;
  /** By when the peer has to be heard, and what had been read from it at the ping. */
  #pulse: { readonly deadline: number; readonly bytesRead: number } | undefined;
  /** Since when it has been over its budget without taking a byte, and what it had taken by then. */
  #stall: { readonly since: number; readonly bytesTaken: number } | undefined;

  constructor(
    readonly socket: ClientSocket,
    readonly stream: Socket,
    readonly handshake: Handshake,
    private readonly host: ConnectionHost<WsConnection>,
  ) {
    const now = performance.now();
    this.#session = handshake.session;
    this.#authDeadline = now + host.options.authTimeoutMs;
    this.#dialect = handshake.dialect;
    // Those who come at once, as after a network's failure, are not all pinged at once.
    this.#pingAt = now + Math.random() * host.options.heartbeatMs;
    socket.belongTo(this);
  }

  /** From now on its frames are answered. */
  serveBy(server: ConnectionServer): void {
    this.#server = server;
  }

  /** To be called when the socket is closed, after all else. */
  onDisconnect(callback: () => void): void {
    this.#onDisconnect = callback;
  }

  onFrame(data: Buffer, isBinary: boolean): void {
    this.#server?.onFrame(data, isBinary);
  }

  onControlFrame(): void {
    this.#server?.onControlFrame();
  }

  onFailed(error: Error): void {
    this.host.onFailed(this, error);
  }

  onClosed(code: number): void {
    this.#closing = true;
    this.#releaseWaiting();
    this.host.onClosed(this, code);
    this.#server?.onClosed();
    this.#onDisconnect?.();
  }

  get session(): Session {
    return this.#session ?? NOBODY;
  }

  /** What a line of the log tells of it. */
  get logFields(): { readonly connectionId: string; readonly userId: string } {
    return { connectionId: this.id, userId: this.session.user.id };
  }

  /** Whether it may do anything but AUTH. */
  get admitted(): boolean {
    return this.#session !== undefined;
  }

  /** Takes over what a token says: the first one, or a newer one of the same user. */
  renew(session: Session): void {
    this.#session = session;
  }

  /** Calls a guest what it wants to be called; a token's name stays. */
  rename(name: string | undefined): void {
    const session = this.#session;
    if (name === undefined || !session || session.authenticated) return;
    this.#session = { ...session, user: { id: session.user.id, name } };
  }

  get dialect(): Dialect {
    return this.#dialect ?? undecided;
  }

  get dialectKnown(): boolean {
    return this.#dialect !== undefined;
  }

  decideDialect(dialect: Dialect): void {
    this.#dialect ??= dialect;
  }

  /** Why this side has closed it; undefined where it hasn't. */
  get closeCode(): CloseCode | undefined {
    return this.#closeCode;
  }

  get closed(): boolean {
    return this.#closing || this.socket.readyState !== WebSocket.OPEN;
  }

  get writable(): boolean {
    return this.#unsent <= this.host.options.sendBudgetBytes;
  }

  send(frame: Frame): void {
    if (this.#closing) return;
    if (!this.#batch) this.host.writer.schedule(this);
    this.#batch = (this.#batch ?? this.host.writer.empty).with(frame);
    if (this.#unsent > CEILING_FACTOR * this.host.options.sendBudgetBytes)
      this.close(CloseCode.SLOW_CONSUMER);
  }

  take(): Buffer | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    // Nothing may follow a close frame, also not the one by which ws has answered the peer's.
    return batch && this.socket.readyState === WebSocket.OPEN ? batch.bytes : undefined;
  }

  onSent(): void {
    this.#lagging = false;
    this.#stall = undefined;
    this.#releaseWaiting();
  }

  onWritten(waiting: number): void {
    this.pending += waiting;
    this.#lagging = this.pending > 0 || this.stream.writableLength > 0;
    this.#releaseWaiting();
  }

  onTaken(byteLength: number): void {
    this.pending -= byteLength;
    this.#releaseWaiting();
  }

  async whenWritable(): Promise<void> {
    if (this.closed || this.writable) return;
    // A budget is no smaller than the stream's own high-water mark, so who is over it has a 'drain' to come.
    if (!this.#waiting) this.stream.once('drain', () => this.#releaseWaiting());
    await new Promise<void>((resolve) => (this.#waiting ??= []).push(resolve));
  }

  /** The server's `closeTimeout` ends the socket when the peer doesn't answer. */
  close(code: CloseCode): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#closeCode = code;
    this.host.writer.flush(this);
    this.socket.close(code, CLOSE_REASONS[code]);
    this.#releaseWaiting();
  }

  /** As `close`, but once what came before is answered; nothing that comes later is read. May be repeated. */
  finish(code: CloseCode): void {
    if (this.#closing) return;
    if (this.#server) this.#server.onFinish(code);
    else this.close(code);
  }

  /** To be called about every second: pings, and ends what is dead or takes nothing. */
  check(now: number): void {
    if (this.closed) return;
    const { expiresAt } = this.session;
    if (!this.admitted && now > this.#authDeadline) return this.close(CloseCode.AUTH_TIMEOUT);
    if (expiresAt !== undefined && Date.now() >= expiresAt) return this.close(CloseCode.UNAUTHENTICATED);
    this.#checkPulse(now);
    this.#checkStall(now);
  }

  /** Bytes which the kernel has not taken yet. */
  get #unsent(): number {
    const queued = this.#batch ? this.#batch.byteLength : 0;
    return this.#lagging ? queued + this.pending + this.stream.writableLength : queued;
  }

  /** Any byte since the ping proves the peer alive, not only its pong. */
  #checkPulse(now: number): void {
    if (this.#pulse) {
      if (this.stream.bytesRead > this.#pulse.bytesRead) this.#pulse = undefined;
      else if (now > this.#pulse.deadline) this.socket.terminate();
    } else if (now >= this.#pingAt) {
      this.#pingAt = now + this.host.options.heartbeatMs;
      this.#pulse = {
        deadline: now + this.host.options.heartbeatTimeoutMs,
        bytesRead: this.stream.bytesRead,
      };
      this.socket.ping();
    }
  }

  #checkStall(now: number): void {
    if (this.writable) return void (this.#stall = undefined);
    const bytesTaken = this.stream.bytesWritten - this.stream.writableLength - this.pending;
    if (!this.#stall || bytesTaken > this.#stall.bytesTaken) this.#stall = { since: now, bytesTaken };
    else if (now - this.#stall.since > this.host.options.slowConsumerMs) this.close(CloseCode.SLOW_CONSUMER);
  }

  #releaseWaiting(): void {
    if (!this.#waiting || (!this.closed && !this.writable)) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const resolve of waiting) resolve();
  }
}
