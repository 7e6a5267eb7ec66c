// One room: joined anew on every connection, with what goes out to it and what comes in.
import type {
  HistoryOptions,
  HistoryPage,
  JoinOptions,
  MembersOptions,
  MembersPage,
  Position,
  Room,
  RoomEvents,
  SendOptions,
  Sent,
} from './api.js';
import { backoffMs } from './backoff.js';
import { Emitter } from './emitter.js';
import { ChatError } from './errors.js';
import { Feed } from './feed.js';
import { Lane } from './lane.js';
import type { Link } from './link.js';
import { membersChangeOf, messageOf } from './events.js';
import { newMessageId } from './message-id.js';
import type { Frame, FrameOf, RoomFrame } from './wire.js';

const TYPING_EVERY_MS = 3_000;
const MAX_BACKOFF_MS = 4_000;
const MAX_READS = 100;

export interface RoomOwner {
  /** The connection that rooms belong on. */
  readonly link: Link | undefined;
  readonly timeoutMs: number;
  readonly sendTimeoutMs: number;
  readonly maxQueued: number;
  forget(room: JoinedRoom): void;
}

export class JoinedRoom implements Room {
  /** Resolves when it was joined for the first time. */
  readonly joined: Promise<void>;
  memberCount = 0;
  #onJoined!: (error?: ChatError) => void;
  readonly #emitter = new Emitter<RoomEvents>();
  readonly #feed: Feed;
  readonly #sends: Lane;
  readonly #reads: Lane;
  /** The connection that feeds it: on all others its frames are left alone. */
  #link: Link | undefined;
  #ended = false;
  #refusals = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Until when the others need not be told again; 0 when they know of no typing. */
  #typingUntil = 0;

  constructor(
    readonly id: string,
    private readonly owner: RoomOwner,
    private readonly options: JoinOptions,
  ) {
    this.#feed = new Feed(this.#emitter, options.since);
    const link = () => this.#link;
    this.#sends = new Lane({ link, limit: owner.maxQueued, timeoutMs: owner.sendTimeoutMs });
    this.#reads = new Lane({ link, limit: MAX_READS, timeoutMs: owner.timeoutMs });
    this.joined = new Promise((resolve, reject) => {
      this.#onJoined = (error) => (error ? reject(error) : resolve());
    });
  }

  get position(): Position | undefined {
    return this.#feed.position;
  }

  get live(): boolean {
    return this.#link !== undefined;
  }

  isFedBy(link: Link): boolean {
    return this.#link === link;
  }

  on<Type extends keyof RoomEvents>(type: Type, listener: (event: RoomEvents[Type]) => void): () => void {
    if (type === 'message') this.#feed.release();
    return this.#emitter.on(type, listener);
  }

  async send(message: string, { data, messageId = newMessageId(), signal }: SendOptions = {}): Promise<Sent> {
    const command = this.#command('SEND_MESSAGE', { message, data, messageId });
    const { room, epoch, offset, duplicate } = await this.#sends.push<FrameOf<'ACK'>>(command, signal);
    return { room, epoch, offset, messageId, duplicate };
  }

  async history({ signal, ...range }: HistoryOptions = {}): Promise<HistoryPage> {
    const command = this.#command('HISTORY', range);
    const { epoch, messages, more } = await this.#reads.push<FrameOf<'HISTORY'>>(command, signal);
    return { epoch, messages: messages.map((frame) => messageOf(frame, epoch)), more };
  }

  async members({ signal, ...options }: MembersOptions = {}): Promise<MembersPage> {
    const command = this.#command('MEMBERS', options);
    const { count, members } = await this.#reads.push<FrameOf<'MEMBERS'>>(command, signal);
    return { count, members };
  }

  typing(typing: boolean): void {
    const now = performance.now();
    const told = typing ? now < this.#typingUntil : this.#typingUntil === 0;
    if (told || !this.#link) return;
    this.#typingUntil = typing ? now + TYPING_EVERY_MS : 0;
    this.#link.tell(this.#command('TYPING', { typing }));
  }

  leave(): void {
    if (this.#ended) return;
    this.#leaveAt(this.owner.link);
    this.end(new ChatError('LEFT', `The room ${this.id} was left`));
  }

  /** Joins it on a connection, from where it stands; until that is done, the one before goes on feeding it. */
  subscribe(link: Link): void {
    clearTimeout(this.#retryTimer);
    const { position } = this;
    const past = position ? { since: position } : { history: this.options.history };
    link.request(this.#command('SUBSCRIBE', past), (answer) => this.#onSubscribed(link, answer));
  }

  onFrame(link: Link, frame: RoomFrame): void {
    if (link !== this.#link) return;
    switch (frame.type) {
      case 'MESSAGE':
        return this.#feed.onMessage(frame);
      case 'GAP':
        return this.#feed.onGap(frame);
      case 'RESET':
        return this.#feed.onReset(frame);
      case 'TYPING':
        return this.#emitter.emit('typing', { member: frame.member, typing: frame.typing });
      case 'MEMBER_JOINED':
      case 'MEMBER_LEFT':
      case 'MEMBERS_CHANGED':
        this.memberCount = frame.members;
        return this.#emitter.emit('members', membersChangeOf(frame));
      case 'UNSUBSCRIBED':
        return this.#onTakenOut(link, frame);
      default:
    }
  }

  onLost(link: Link): void {
    if (link === this.#link) this.#link = undefined;
  }

  /** It is over; with a reason where the application did not ask for it. */
  end(error: ChatError, reason?: RoomEvents['left']['reason']): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#link = undefined;
    clearTimeout(this.#retryTimer);
    this.owner.forget(this);
    this.#onJoined(error);
    this.#sends.close(error);
    this.#reads.close(error);
    if (reason) this.#emitter.emit('left', { reason, error });
  }

  #onSubscribed(link: Link, answer: Frame | ChatError): void {
    const current = link === this.owner.link;
    if (answer instanceof ChatError) {
      if (!current || this.#ended) return;
      if (!answer.retryable) return this.end(answer, 'refused');
      const waitMs = (answer.retryAfterMs ?? 0) + backoffMs(++this.#refusals, MAX_BACKOFF_MS);
      this.#retryTimer = setTimeout(() => this.subscribe(link), waitMs);
      return;
    }
    if (answer.type !== 'SUBSCRIBED' || !current || this.#ended) return;
    this.#refusals = 0;
    this.#link = link;
    this.memberCount = answer.members;
    this.#feed.onSubscribed(answer);
    this.#emitter.emit('members', { count: answer.members, joined: [], left: [], complete: false });
    this.#onJoined();
    this.#sends.pump();
    this.#reads.pump();
  }

  #onTakenOut(link: Link, { reason }: FrameOf<'UNSUBSCRIBED'>): void {
    if (!reason) return;
    // It may have been joined on the next connection since.
    if (link !== this.owner.link) this.#leaveAt(this.owner.link);
    this.end(new ChatError('FORBIDDEN', `Taken out of ${this.id}: ${reason}`), reason);
  }

  #leaveAt(link: Link | undefined): void {
    link?.tell(this.#command('UNSUBSCRIBE'));
  }

  #command(type: string, members: object = {}): string {
    return JSON.stringify({ type, room: this.id, ...members });
  }
}
