// A crowd of clients that talk in one room, and what each of them heard at the `room.on('message')` level.
import { WebSocket } from 'ws';
import {
  ChatClient,
  type ConnectionState,
  type Message,
  type Room,
  type Sent,
} from '../../client/src/index.js';
import { eventually } from '../support/deadline.js';

const TIMEOUT_MS = 60_000;

interface Talker {
  readonly chat: ChatClient;
  readonly room: Room;
  readonly heard: Message[];
  /** Resets and gaps: what it was told to have missed. */
  readonly told: string[];
}

/** All but `sent` and `reconnects` have to be zero. */
export interface Verdict {
  readonly sent: number;
  /** Stored, and not heard by somebody. */
  readonly lost: number;
  /** Heard twice by somebody, or stored twice. */
  readonly twice: number;
  readonly outOfOrder: number;
  /** Resets and gaps. */
  readonly told: number;
  /** Sends that were refused. */
  readonly refused: number;
  readonly reconnects: number;
}

export class Talkers {
  readonly sent: Sent[] = [];
  /** How long each client waited before a try, ms. */
  readonly waits: number[] = [];
  /** How many things each of them has said; several may fall into one millisecond. */
  #said = 0;
  #refused = 0;
  #reconnects = 0;
  readonly #pending = new Set<Promise<void>>();

  private constructor(readonly all: readonly Talker[]) {}

  /** Clients of these servers in turn, all in one room. */
  static async join(urls: readonly string[], count: number, room = 'general'): Promise<Talkers> {
    const members: Talker[] = [];
    const talkers = new Talkers(members);
    const join = async (index: number) => {
      const chat = new ChatClient(urls[index % urls.length]!, { WebSocket, timeoutMs: 5_000 });
      talkers.#watch(chat);
      const talker: Talker = { chat, room: await chat.join(room), heard: [], told: [] };
      talker.room.on('message', (message) => talker.heard.push(message));
      talker.room.on('reset', ({ reason }) => talker.told.push(reason));
      talker.room.on('gap', ({ from, to }) => talker.told.push(`${from}..${to}`));
      members.push(talker);
    };
    await Promise.all(Array.from({ length: count }, (_, index) => join(index)));
    return talkers;
  }

  /** Everybody says `count` things, without waiting for any to be stored. */
  say(count = 1): void {
    for (let nth = 0; nth < count; nth++, this.#said++) {
      for (const [index, { room }] of this.all.entries()) this.#send(room, `${index}:${this.#said}`);
    }
  }

  /** Everybody talks until `act` is done. */
  async during(act: () => Promise<void>, everyMs: number): Promise<void> {
    const timer = setInterval(() => this.say(), everyMs);
    try {
      await act();
    } finally {
      clearInterval(timer);
    }
  }

  /** Resolves when all is stored and everybody has heard the last of it. */
  async settle(): Promise<Verdict> {
    await Promise.all(this.#pending);
    const last = Math.max(...this.sent.map(({ offset }) => offset));
    const reached = () => {
      const behind = this.all.filter(({ heard }) => (heard.at(-1)?.offset ?? 0) < last);
      if (behind.length > 0) throw new Error(`${behind.length} have not heard message ${last}`);
    };
    await eventually(reached, TIMEOUT_MS, 'everybody hears the last message');
    return this.#verdict();
  }

  close(): void {
    for (const { chat } of this.all) chat.close();
  }

  #send(room: Room, message: string): void {
    const sending: Promise<void> = room
      .send(message)
      .then((sent) => void this.sent.push(sent))
      .catch(() => void this.#refused++)
      .finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
  }

  #watch(chat: ChatClient): void {
    let connections = 0;
    chat.state.subscribe((state: ConnectionState) => {
      if (state.status === 'waiting') this.waits.push(state.retryAt - Date.now());
      if (state.status === 'connected' && ++connections > 1) this.#reconnects++;
    });
  }

  #verdict(): Verdict {
    const ids = this.sent.map(({ messageId }) => messageId);
    let [lost, twice, outOfOrder] = [0, ids.length - new Set(this.sent.map(({ offset }) => offset)).size, 0];
    for (const { heard } of this.all) {
      const seen = new Set(heard.map(({ messageId }) => messageId));
      lost += ids.filter((id) => !seen.has(id)).length;
      twice += heard.length - seen.size;
      outOfOrder += heard.filter(({ offset }, index) => offset <= (heard[index - 1]?.offset ?? 0)).length;
    }
    const told = this.all.flatMap((talker) => talker.told).length;
    return {
      sent: ids.length,
      lost,
      twice,
      outOfOrder,
      told,
      refused: this.#refused,
      reconnects: this.#reconnects,
    };
  }
}

/** Whether each client's own messages were stored in the order in which it said them. */
export function inOrderOfSaying({ all }: Talkers): boolean {
  const heard = all[0]!.heard.map(({ message }) => message.split(':').map(Number));
  const last = new Map<number, number>();
  return heard.every(([talker, said]) => {
    const before = last.get(talker!) ?? -1;
    last.set(talker!, said!);
    return said! > before;
  });
}
