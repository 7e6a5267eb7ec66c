// A client that does what a good client does: reconnects elsewhere, resumes, sends again until acknowledged.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { within } from '../support/deadline.js';
import { type Acked, type LogEntry, RoomLog } from './client-log.js';

/** A frame of the server, as far as this client reads it. */
interface Incoming {
  readonly type: string;
  readonly id?: string;
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly messageId: string;
  readonly recovered?: boolean;
  readonly replayed: number;
  readonly duplicate: boolean;
  readonly from: number;
  readonly to: number;
  readonly code: string;
  readonly afterMs: number;
}

const RESEND_AFTER_MS = 3_000;
/** Silence after which the connection counts as dead; PINGs make sure that a living one isn't silent. */
const SILENCE_MS = 4_000;
const PING_MS = 1_000;

export class ResilientClient {
  readonly logs: ReadonlyMap<string, RoomLog>;
  readonly acked: Acked[] = [];
  /** Why each connection ended. */
  readonly closes: number[] = [];
  /** From a connection's end to all rooms being subscribed again, ms. */
  readonly resumeMs: number[] = [];
  readonly refusals = new Map<string, number>();
  /** How often it was asked to go elsewhere, and did so before its connection was closed. */
  moves = 0;
  readonly #pending = new Map<string, { room: string; sentAt: number }>();
  readonly #subscribed = new Set<string>();
  #socket: WebSocket | undefined;
  #stopped = false;
  #away = false;
  #onProgress: (() => void) | undefined;
  #heardAt = 0;
  #lostAt = 0;
  #counter = 0;
  #clock: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    private readonly urls: readonly string[],
    rooms: readonly string[],
    private home: number,
  ) {
    this.logs = new Map(rooms.map((room) => [room, new RoomLog(name, room)]));
  }

  /** Sends nobody hears of yet. */
  get unacknowledged(): number {
    return this.#pending.size;
  }

  /** Whether it is connected and in all its rooms. */
  get ready(): boolean {
    return this.#subscribed.size === this.logs.size;
  }

  get socket(): WebSocket | undefined {
    return this.#socket;
  }

  start(): void {
    this.#lostAt = performance.now();
    this.#connect();
    this.#clock = setInterval(() => this.#tick(), PING_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#clock);
    this.#socket?.terminate();
  }

  /** Ends the connection, until it comes back. */
  leave(): void {
    this.#away = true;
    this.#subscribed.clear();
    this.#socket?.terminate();
  }

  comeBack(): void {
    this.#away = false;
    this.#connect();
  }

  /** Resolves when a frame has made `condition` true. */
  async until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const met = new Promise<void>((resolve) => {
      this.#onProgress = () => {
        if (condition()) resolve();
      };
    });
    await within(met, timeoutMs, `${this.name} gets what it waits for`);
    this.#onProgress = undefined;
  }

  /** Puts a message on its way; it is sent until it is acknowledged. */
  send(room: string): void {
    const messageId = `${this.name}-${++this.#counter}`;
    this.#pending.set(messageId, { room, sentAt: 0 });
    this.#transmit(messageId);
  }

  /** @param before the connection to leave, once this one is open */
  #connect(before?: WebSocket): void {
    if (this.#stopped || this.#away) return;
    const socket = new WebSocket(this.urls[this.home % this.urls.length]!, 'roomcast.v1');
    if (!before) this.#socket = socket;
    this.#heardAt = performance.now();
    socket.on('open', () => {
      if (before) this.#moveTo(socket, before);
      for (const room of this.logs.keys()) this.#subscribe(room);
    });
    socket.on('message', (data: Buffer) => {
      if (socket !== this.#socket) return;
      this.#heardAt = performance.now();
      this.#onFrame(JSON.parse(data.toString()) as Incoming);
      this.#onProgress?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => void this.#onClose(socket, code));
  }

  /** From here on only the new connection is heard: what is missing up to then is replayed on it. */
  #moveTo(socket: WebSocket, before: WebSocket): void {
    if (before !== this.#socket) return socket.close(1000);
    this.moves++;
    this.#lostAt = performance.now();
    this.#socket = socket;
    this.#subscribed.clear();
    before.close(1000);
  }

  async #onReconnect({ afterMs }: Incoming, socket: WebSocket): Promise<void> {
    await sleep(afterMs);
    if (socket === this.#socket) this.#connect(socket);
  }

  async #onClose(socket: WebSocket, code: number): Promise<void> {
    if (socket !== this.#socket || this.#stopped || this.#away) return;
    this.closes.push(code);
    if (this.ready) this.#lostAt = performance.now();
    this.#subscribed.clear();
    this.home++;
    await sleep(Math.random() * 300);
    this.#connect();
  }

  #tick(): void {
    const now = performance.now();
    if (now - this.#heardAt > SILENCE_MS) this.#socket?.terminate();
    this.#write({ type: 'PING' });
    for (const [messageId, { sentAt }] of this.#pending) {
      if (now - sentAt > RESEND_AFTER_MS) this.#transmit(messageId);
    }
  }

  #subscribe(room: string): void {
    const { position } = this.logs.get(room)!;
    this.#write({ type: 'SUBSCRIBE', id: `join ${room}`, room, since: position });
  }

  #transmit(messageId: string): void {
    const send = this.#pending.get(messageId);
    if (!send || !this.#subscribed.has(send.room)) return;
    send.sentAt = performance.now();
    this.#write({
      type: 'SEND_MESSAGE',
      id: messageId,
      room: send.room,
      message: `text of ${messageId}`,
      messageId,
    });
  }

  #write(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #onFrame(frame: Incoming): void {
    const log = this.logs.get(frame.room);
    const entry = log && entryOf(frame, log);
    if (entry) log.add(entry);
    if (frame.type === 'SUBSCRIBED') this.#onSubscribed(frame.room);
    else if (frame.type === 'ACK') this.#onAck(frame);
    else if (frame.type === 'ERROR') void this.#onError(frame, this.#socket!);
    else if (frame.type === 'RECONNECT') void this.#onReconnect(frame, this.#socket!);
  }

  #onSubscribed(room: string): void {
    this.#subscribed.add(room);
    if (this.ready) this.resumeMs.push(performance.now() - this.#lostAt);
    for (const [messageId, send] of this.#pending) if (send.room === room) this.#transmit(messageId);
  }

  #onAck({ id, room, epoch, offset, messageId, duplicate }: Incoming): void {
    if (!this.#pending.delete(id!)) return;
    this.acked.push({ room, epoch, offset, messageId, duplicate });
  }

  async #onError({ id = '', code }: Incoming, socket: WebSocket): Promise<void> {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    await sleep(100 + Math.random() * 200);
    // A new connection asks for all rooms by itself. Asked twice, a past is told twice.
    if (socket !== this.#socket) return;
    if (id.startsWith('join ')) this.#subscribe(id.slice('join '.length));
    else this.#transmit(id);
  }
}

/** What a frame adds to the log of its room. */
function entryOf(frame: Incoming, { position }: RoomLog): LogEntry | undefined {
  const { epoch, offset, messageId, recovered, replayed, from, to } = frame;
  switch (frame.type) {
    case 'MESSAGE':
      return { kind: 'message', epoch: position?.epoch ?? '', offset, messageId };
    case 'SUBSCRIBED':
      return { kind: 'subscribed', epoch, offset, replayed, ...(recovered !== undefined && { recovered }) };
    case 'GAP':
      return { kind: 'gap', from, to };
    case 'RESET':
      return { kind: 'reset', epoch, offset };
    default:
      return undefined;
  }
}
