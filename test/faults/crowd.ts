// Many members on several instances, each in one room, who write down what they are told of each other.
import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { eventually, within } from '../support/deadline.js';

const TIMEOUT_MS = 60_000;
/** Handshakes under way at a time. */
const CONNECTING = 100;

interface Heard {
  readonly type: string;
  readonly member?: { readonly id: string };
  readonly members?: number;
  readonly user?: { readonly id: string };
}

export class CrowdMember {
  userId = '';
  room = '';
  /** The newest number of members it was told. */
  told = 0;
  /** How often it was told that each user came or went, by user id. */
  readonly joined = new Map<string, number>();
  readonly left = new Map<string, number>();
  /** Events about who is there that reached it. */
  events = 0;
  /** Messages that reached it. */
  messages = 0;
  /** What it said last was refused: thousands who join at once may keep a broker busy for longer than a send waits. */
  refused = false;
  #onReply: (() => void) | undefined;

  private constructor(
    readonly instance: number,
    private readonly socket: WebSocket,
  ) {}

  static async connect(url: string, instance: number): Promise<CrowdMember> {
    const socket = new WebSocket(url, 'roomcast.v1');
    const member = new CrowdMember(instance, socket);
    const welcomed = new Promise<void>((resolve, reject) => {
      socket.on('message', (data: Buffer) => {
        member.#hear(JSON.parse(data.toString()) as Heard);
        resolve();
      });
      socket.on('error', reject);
    });
    await within(welcomed, TIMEOUT_MS, 'a member is welcomed');
    return member;
  }

  /** @returns how long the answer took, ms */
  async join(room: string): Promise<number> {
    this.room = room;
    const sentAt = performance.now();
    const joined = new Promise<void>((resolve) => (this.#onReply = resolve));
    this.socket.send(JSON.stringify({ type: 'SUBSCRIBE', room }));
    await within(joined, TIMEOUT_MS, `a member joins ${room}`);
    return performance.now() - sentAt;
  }

  /** Said again, it is told once. */
  say(messageId: string): void {
    this.refused = false;
    const { room } = this;
    this.socket.send(JSON.stringify({ type: 'SEND_MESSAGE', room, message: 'is all told?', messageId }));
  }

  leave(): void {
    this.socket.send(JSON.stringify({ type: 'UNSUBSCRIBE', room: this.room }));
  }

  /** Begins a new record. */
  forget(): void {
    this.joined.clear();
    this.left.clear();
    this.events = 0;
  }

  end(): void {
    this.socket.terminate();
  }

  #hear({ type, member, members, user }: Heard): void {
    if (type === 'WELCOME') this.userId = user!.id;
    if (typeof members === 'number') this.told = members;
    if (type === 'SUBSCRIBED') this.#onReply?.();
    if (type === 'MESSAGE') this.messages++;
    if (type === 'ERROR') this.refused = true;
    if (!type.startsWith('MEMBER')) return;
    this.events++;
    const record = { MEMBER_JOINED: this.joined, MEMBER_LEFT: this.left }[type];
    record?.set(member!.id, (record.get(member!.id) ?? 0) + 1);
  }
}

export class Crowd {
  readonly members: CrowdMember[] = [];

  /** Connected to the instances in turn; in no room yet. */
  static async connect(urls: readonly string[], size: number): Promise<Crowd> {
    const crowd = new Crowd();
    for (let at = 0; at < size; at += CONNECTING) {
      const some = Array.from({ length: Math.min(CONNECTING, size - at) }, (_, index) => {
        const instance = (at + index) % urls.length;
        return CrowdMember.connect(urls[instance]!, instance);
      });
      crowd.members.push(...(await Promise.all(some)));
    }
    return crowd;
  }

  get events(): number {
    return this.members.reduce((sum, { events }) => sum + events, 0);
  }

  /** Each into one of so many rooms; then nothing that was told until all knew of all is on record. */
  async spread(rooms: number): Promise<void> {
    await Promise.all(this.members.map((member, index) => member.join(`crowd-${index % rooms}`)));
    await this.eventuallyTold(this.members);
    await this.#settle();
    for (const member of this.members) member.forget();
  }

  /**
   * Who was told the right number may yet be told of the last who came. A message from each instance in each room travels
   * behind all that is under way.
   */
  async #settle(): Promise<void> {
    const speakers = new Map(this.members.map((member) => [`${member.instance} ${member.room}`, member]));
    const questions = [...speakers.values()].map((speaker) => ({ speaker, messageId: randomUUID() }));
    for (const { speaker, messageId } of questions) speaker.say(messageId);
    const expected = sizesOf([...speakers.values()]);
    await eventually(
      () => {
        for (const { speaker, messageId } of questions) if (speaker.refused) speaker.say(messageId);
        const waiting = this.members.filter(({ room, messages }) => messages < expected.get(room)!);
        if (waiting.length > 0) throw new Error(`${waiting.length} have not heard all`);
      },
      TIMEOUT_MS,
      'all that was under way is heard',
    );
  }

  /** Those on the given instances. */
  on(...instances: number[]): CrowdMember[] {
    return this.members.filter(({ instance }) => instances.includes(instance));
  }

  /** Resolves when the newest number that each of `witnesses` was told is that of those present in its room. */
  async eventuallyTold(present: readonly CrowdMember[], witnesses = present): Promise<void> {
    const sizes = sizesOf(present);
    await eventually(
      () => {
        const wrong = witnesses.filter(({ room, told }) => told !== sizes.get(room));
        if (wrong.length === 0) return;
        const [{ room, told }] = wrong as [CrowdMember];
        throw new Error(`${wrong.length} were told wrong, as ${told} of ${sizes.get(room)} in ${room}`);
      },
      TIMEOUT_MS,
      'all are told the right number',
    );
  }

  stop(): void {
    for (const member of this.members) member.end();
  }
}

/** How many of them are in each room. */
export function sizesOf(members: readonly CrowdMember[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { room } of members) sizes.set(room, (sizes.get(room) ?? 0) + 1);
  return sizes;
}

/** How often each of `about` was said to have come or gone, to each of the witnesses who shares its room. */
export function tellings(
  kind: 'joined' | 'left',
  about: readonly CrowdMember[],
  witnesses: readonly CrowdMember[],
): { once: number; never: number; again: number } {
  const count = { once: 0, never: 0, again: 0 };
  for (const { userId, room } of about) {
    for (const witness of witnesses) {
      if (witness.userId === userId || witness.room !== room) continue;
      const times = witness[kind].get(userId) ?? 0;
      count[times === 0 ? 'never' : times === 1 ? 'once' : 'again']++;
    }
  }
  return count;
}
