// The client: one connection, and the rooms on it.
import type { ChatOptions, ConnectionState, JoinOptions, Room, WebSocketConstructor } from './api.js';
import { Connector } from './connector.js';
import type { Observable } from './emitter.js';
import { ChatError } from './errors.js';
import { JoinedRoom, type RoomOwner } from './joined-room.js';
import type { Link } from './link.js';
import type { Frame } from './wire.js';

const TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 3_600_000;
const MAX_QUEUED = 1_000;

export class ChatClient {
  readonly #rooms = new Map<string, JoinedRoom>();
  readonly #connector: Connector;
  readonly #owner: RoomOwner;

  /** @param url where the server is, as `wss://chat.example.com/ws`. Connects with the first `join`, or `connect`. */
  constructor(url: string, options: ChatOptions = {}) {
    const { token, signal, timeoutMs = TIMEOUT_MS } = options;
    const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (!WebSocket) throw new TypeError('There is no global WebSocket here: pass one as an option');
    this.#connector = new Connector(
      { url, WebSocket, timeoutMs, ...(token !== undefined && { token }) },
      {
        onLink: (link) => this.#each((room) => room.subscribe(link)),
        onFrame: (link, frame) => this.#onFrame(link, frame),
        onLost: (link) => this.#each((room) => room.onLost(link)),
        onClosed: (error) => this.#each((room) => room.end(error, 'closed')),
        isLeft: (link) => ![...this.#rooms.values()].some((room) => room.isFedBy(link)),
      },
    );
    const connector = this.#connector;
    const rooms = this.#rooms;
    this.#owner = {
      get link() {
        return connector.link;
      },
      timeoutMs,
      sendTimeoutMs: options.sendTimeoutMs ?? SEND_TIMEOUT_MS,
      maxQueued: options.maxQueued ?? MAX_QUEUED,
      forget: (room) => rooms.get(room.id) === room && rooms.delete(room.id),
    };
    const close = () => this.close();
    if (signal?.aborted) close();
    else signal?.addEventListener('abort', close, { once: true });
  }

  /** The connection's state: its value, and its changes. */
  get state(): Observable<ConnectionState> {
    return this.#connector.state;
  }

  /**
   * Resolves when connected, however many tries that takes; while the next try is waited for, makes it at once.
   * @throws ChatError when the client is closed, or the server does not want it
   */
  async connect(): Promise<void> {
    this.#dial();
    let unsubscribe: (() => void) | undefined;
    const connected = new Promise<void>((resolve, reject) => {
      unsubscribe = this.state.subscribe((state) => {
        if (state.status === 'connected') resolve();
        else if (state.status === 'closed') reject(state.reason ?? closedError());
      });
    });
    await connected.finally(unsubscribe);
  }

  /**
   * Resolves when the room is joined, however many tries that takes; a second call gives the same room. From then on it
   * is joined anew after every loss of the connection, and goes on where it was.
   * @throws ChatError FORBIDDEN, BAD_ROOM, LIMIT_EXCEEDED, CLOSED; or the signal's reason
   */
  async join(room: string, options: JoinOptions = {}): Promise<Room> {
    const { signal } = options;
    signal?.throwIfAborted();
    const joined = this.#rooms.get(room) ?? this.#add(room, options);
    const abort = () => joined.leave();
    signal?.addEventListener('abort', abort);
    try {
      await joined.joined;
      return joined;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** For good. Messages that still wait to be stored are rejected with CLOSED. */
  close(): void {
    this.#connector.close();
  }

  #add(id: string, options: JoinOptions): JoinedRoom {
    const { value: state } = this.state;
    if (state.status === 'closed') throw state.reason ?? closedError();
    const room = new JoinedRoom(id, this.#owner, options);
    this.#rooms.set(id, room);
    const { link } = this.#connector;
    if (link) room.subscribe(link);
    else if (state.status === 'idle') this.#connector.dial();
    return room;
  }

  #dial(): void {
    if (this.state.value.status !== 'connected') this.#connector.dial();
  }

  #onFrame(link: Link, frame: Frame): void {
    if ('room' in frame) this.#rooms.get(frame.room)?.onFrame(link, frame);
  }

  #each(act: (room: JoinedRoom) => void): void {
    for (const room of this.#rooms.values()) act(room);
  }
}

function closedError(): ChatError {
  return new ChatError('CLOSED', 'The client was closed');
}
