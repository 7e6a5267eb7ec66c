// A room with members on every dialect, over two instances: each hears all, once, in one order, in its own shape.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { newRoom } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import type { Frame, TestClient } from '../support/test-client.js';

/** Two instances and a Redis, on however busy a machine. */
const START_TIMEOUT_MS = 120_000;
const MESSAGES_EACH = 40;

const stage = new Stage();
let a: AppProcess;
let b: AppProcess;

beforeAll(async () => {
  ({ a, b } = await stage.pair());
}, START_TIMEOUT_MS);
afterAll(() => stage.clear());

/** How a dialect says something in the room, and what it hears when somebody does. */
interface Voice {
  readonly protocols: string[];
  /** Behind the server's address. */
  readonly path: (room: string) => string;
  /** What joins; where there is none, the path does. */
  readonly join?: (room: string) => object;
  readonly says: (room: string, text: string) => object;
  /** The text of a message, in the whole shape that the dialect gives it. */
  readonly hears: (frame: Frame, room: string) => unknown;
}

const text = expect.any(String);
const sender = { id: text, name: text };
const IN_ROOM = (room: string): string => `/ws/${room}`;
const ANYWHERE = (): string => '/ws';

function native(room: string): object {
  return { room, offset: expect.any(Number), messageId: text, sender, message: text, sentAt: text };
}

function shaped(frame: unknown, shape: object, message: unknown): unknown {
  expect(frame).toEqual(shape);
  return message;
}

const jsonRpc: Omit<Voice, 'protocols'> = {
  path: ANYWHERE,
  join: (room) => ({ jsonrpc: '2.0', method: 'room.subscribe', params: { room }, id: 1 }),
  says: (room, message) => ({ jsonrpc: '2.0', method: 'room.send', params: { room, message } }),
  hears: (frame, room) => {
    if (frame['method'] !== 'room.message') return undefined;
    const { message } = frame['params'] as { message: string };
    return shaped(frame, { jsonrpc: '2.0', method: 'room.message', params: native(room) }, message);
  },
};

const VOICES: Readonly<Record<string, Voice>> = {
  native: {
    protocols: ['roomcast.v1'],
    path: ANYWHERE,
    join: (room) => ({ type: 'SUBSCRIBE', id: 1, room }),
    says: (room, message) => ({ type: 'SEND_MESSAGE', room, message }),
    hears: (frame, room) =>
      frame.type === 'MESSAGE'
        ? shaped(frame, { type: 'MESSAGE', ...native(room) }, frame['message'])
        : undefined,
  },
  'JSON-RPC': { protocols: ['roomcast.jsonrpc.v1'], ...jsonRpc },
  'JSON-RPC without a subprotocol': { protocols: [], ...jsonRpc },
  'room events': {
    protocols: [],
    path: ANYWHERE,
    join: (room) => ({ type: 'join', roomId: room, username: 'Eve' }),
    says: (_room, content) => ({ type: 'message', content }),
    hears: (frame) => {
      if (frame.type !== 'message') return undefined;
      const shape = { type: 'message', content: text, username: text, userId: text, timestamp: text };
      return shaped(frame, shape, frame['content']);
    },
  },
  envelope: {
    protocols: [],
    path: IN_ROOM,
    says: (_room, message) => ({ type: 'send_message', payload: { message } }),
    hears: (frame) => {
      if (frame.type !== 'new_message') return undefined;
      const { message } = frame['payload'] as { message: string };
      return shaped(
        frame,
        { type: 'new_message', payload: { message: text, from: text, sent: text } },
        message,
      );
    },
  },
  plain: {
    protocols: [],
    path: IN_ROOM,
    says: (_room, content) => ({ sender: 'Pia', content }),
    hears: (frame) =>
      frame.type === undefined && 'content' in frame
        ? shaped(frame, { sender: text, content: text }, frame['content'])
        : undefined,
  },
};

class Member {
  /** Texts, in the order in which they came. */
  readonly heard: unknown[] = [];

  private constructor(
    readonly name: string,
    private readonly room: string,
    readonly client: TestClient,
  ) {}

  /** In the room, and known to hear it. */
  static async join(name: string, room: string, app: AppProcess): Promise<Member> {
    const { protocols, path, join } = VOICES[name]!;
    const client = await stage.connect(app.url + path(room), { protocols });
    const member = new Member(name, room, client);
    if (join) client.send(join(room));
    const hello = `hello from ${name}`;
    member.says(hello);
    while (member.heard.at(-1) !== hello) await member.listen();
    return member;
  }

  says(message: string): void {
    this.client.send(VOICES[this.name]!.says(this.room, message));
  }

  /** Takes the next message. */
  async listen(): Promise<void> {
    const { hears } = VOICES[this.name]!;
    const frame = await this.client.next((each) => isMessage(each));
    this.heard.push(hears(frame, this.room));
  }
}

/** Of whatever dialect; one of another than the member's is then heard as undefined. */
function isMessage(frame: Frame): boolean {
  const messages = new Set(['MESSAGE', 'message', 'new_message']);
  return messages.has(frame.type ?? '') || frame['method'] === 'room.message' || 'content' in frame;
}

describe('a room with a member on each dialect', () => {
  it(
    'is heard by each once, in the same order, in its own shape',
    async () => {
      const room = newRoom();
      const members: Member[] = [];
      for (const [index, name] of Object.keys(VOICES).entries()) {
        members.push(await Member.join(name, room, index % 2 === 0 ? a : b));
      }
      for (let nth = 1; nth <= MESSAGES_EACH; nth++) {
        for (const member of members) member.says(`${member.name}: ${nth}`);
      }
      // Who came earlier has also heard those who came later say hello.
      await Promise.all(
        members.map(async (member, index) => {
          const missing = members.length * MESSAGES_EACH + members.length - index - 1;
          for (let nth = 0; nth < missing; nth++) await member.listen();
        }),
      );
      const talks = members.map(({ heard }) => heard.filter((each) => !String(each).startsWith('hello')));
      for (const talk of talks) expect(talk).toEqual(talks[0]);
      for (const { name } of members) {
        const own = talks[0]!.filter((each) => String(each).startsWith(`${name}: `));
        expect(own).toEqual(Array.from({ length: MESSAGES_EACH }, (_, index) => `${name}: ${index + 1}`));
      }
      for (const { client } of members) expect(client.queued.filter(isMessage)).toEqual([]);
    },
    START_TIMEOUT_MS,
  );
});
