// A client on a scripted server and a clock that stands still until the test moves it.
import { jest } from '@jest/globals';
import { ChatClient, type ChatOptions, type Room, type RoomEvents } from '../../client/src/index.js';
import { ScriptedServer } from './scripted-server.js';

/** Longer than any wait between two tries. */
export const LONGEST_WAIT_MS = 20_000;

export class ScriptedChat {
  readonly server = new ScriptedServer();
  readonly chat: ChatClient;

  constructor(options: ChatOptions = {}) {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
    this.chat = new ChatClient('ws://test', { WebSocket: this.server.WebSocket, ...options });
  }

  /** For `afterEach`. */
  end(): void {
    this.chat.close();
    // Whatever a closed client had still to do, it would do for nobody.
    const left = jest.getTimerCount();
    jest.useRealTimers();
    if (left > 0) throw new Error(`${left} timers outlive the client`);
  }

  /** Lets `ms` pass, and what is due by then happen. */
  async pass(ms = 0): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
  }

  async connect(): Promise<void> {
    const connected = this.chat.connect();
    await this.pass();
    this.server.newest.welcome();
    await connected;
  }

  async join(id = 'general', reply: object = {}): Promise<Room> {
    const joining = this.chat.join(id);
    await this.pass();
    if (this.chat.state.value.status !== 'connected') this.server.newest.welcome();
    this.server.newest.joined(reply);
    return joining;
  }

  /** The connection breaks, and the next one is welcomed. */
  async reconnect(): Promise<void> {
    this.server.newest.end();
    await this.redialled();
    this.server.newest.welcome();
  }

  /** Waits until the client has made one more try. */
  async redialled(): Promise<void> {
    const tries = this.server.sockets.length;
    for (let waited = 0; this.server.sockets.length === tries; waited += 100) {
      if (waited > LONGEST_WAIT_MS) throw new Error('No further try');
      await this.pass(100);
    }
  }
}

/** Collects what a room says of itself, in order, as ['message', 1], ['reset', 'not_recovered'], … */
export function eventsOf(room: Room): unknown[] {
  const events: unknown[] = [];
  const tell =
    <Type extends keyof RoomEvents>(type: Type, what: (event: RoomEvents[Type]) => unknown) =>
    (event: RoomEvents[Type]) =>
      events.push([type, what(event)]);
  room.on(
    'message',
    tell('message', ({ offset }) => offset),
  );
  room.on(
    'gap',
    tell('gap', ({ from, to }) => `${from}..${to}`),
  );
  room.on(
    'reset',
    tell('reset', ({ reason }) => reason),
  );
  room.on(
    'left',
    tell('left', ({ reason }) => reason),
  );
  return events;
}
