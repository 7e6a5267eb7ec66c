// One room as the page shows it: its messages, the reader's own that wait, what is read, who is here.
import { ChatError, type ChatClient, type Message, type Room } from '@roomcast/client';
import { batch, signal } from '@preact/signals';
import type { Guest } from './guest.js';
import { Outbox, type OwnMessage } from './outbox.js';
import { People } from './people.js';
import { placeOf, type ReadUpTo, removePlace, type ScrollPlace, writePlace } from './places.js';
import { Timeline } from './timeline.js';
import { Typists } from './typists.js';
import { inWords } from './words.js';

const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 300;
/** How far a reload goes back to where the page was. */
const MAX_PAGES_BACK = 50;

export type RoomStatus =
  | { readonly kind: 'joining' | 'joined' }
  /** Not in it, and why. */
  | { readonly kind: 'out'; readonly why: string };

export class RoomModel {
  readonly timeline = new Timeline();
  /** Rises when the timeline has changed. */
  readonly version = signal(0);
  readonly status = signal<RoomStatus>({ kind: 'joining' });
  readonly unread = signal(0);
  readonly people = signal<People | undefined>(undefined);
  readonly typists = signal<Typists | undefined>(undefined);
  /** Loading older messages, or why that failed. */
  readonly loading = signal<boolean | string>(true);
  /** What came last while the page was open: to be read out. */
  readonly heard = signal<Message | undefined>(undefined);
  /** Behind which message the unread ones began when the reader came. */
  readonly mark = signal<ReadUpTo | undefined>(undefined);
  /** What is written and not sent. */
  draft = '';
  readonly outbox: Outbox;
  #room: Room | undefined;
  #read: ReadUpTo | undefined;
  #ended = false;

  constructor(
    readonly id: string,
    private readonly client: ChatClient,
    readonly guest: Guest,
  ) {
    this.#read = placeOf(id).read;
    this.outbox = new Outbox(id);
    void this.join();
  }

  get place(): ScrollPlace | undefined {
    return placeOf(this.id).scroll;
  }

  set place(scroll: ScrollPlace | undefined) {
    if (!this.#ended)
      writePlace({ room: this.id, ...(this.#read && { read: this.#read }), ...(scroll && { scroll }) });
  }

  async join(): Promise<void> {
    this.status.value = { kind: 'joining' };
    try {
      const room = await this.client.join(this.id);
      if (this.#ended) return room.leave();
      if (room !== this.#room) this.#listen(room);
    } catch (error) {
      this.status.value = { kind: 'out', why: inWords(error) };
      return;
    }
    await this.#load();
    this.status.value = { kind: 'joined' };
    for (const message of this.outbox.messages.value)
      if (message.status === 'sending') void this.#send(message);
  }

  leave(): void {
    this.end();
    removePlace(this.id);
    this.outbox.clear();
    this.#room?.leave();
  }

  end(): void {
    this.#ended = true;
    this.people.value?.dispose();
  }

  send(text: string): void {
    this.typing(false);
    void this.#send(this.outbox.add(text));
  }

  retry(message: OwnMessage): void {
    this.outbox.update(message.messageId, { status: 'sending' });
    void this.#send(message);
  }

  typing(typing: boolean): void {
    this.#room?.typing(typing);
  }

  /** A page of older messages. */
  async loadOlder(): Promise<void> {
    const { oldest } = this.timeline;
    if (this.loading.value === true || !this.timeline.more || !oldest || !this.#room) return;
    this.loading.value = true;
    try {
      const page = await this.#room.history({ before: oldest.offset, limit: PAGE_SIZE });
      if (page.epoch === oldest.epoch) this.timeline.prepend(page.messages, page.more);
      this.loading.value = false;
    } catch (error) {
      this.loading.value = inWords(error);
    }
    this.#changed();
  }

  retryLoading(): void {
    this.loading.value = false;
    if (this.timeline.newest) void this.loadOlder();
    else void this.#load();
  }

  /** The reader has seen everything. */
  markRead(): void {
    const { newest } = this.timeline;
    if (!newest) return;
    this.unread.value = 0;
    if (this.#read?.epoch === newest.epoch && this.#read.offset >= newest.offset) return;
    this.#read = { epoch: newest.epoch, offset: newest.offset };
    writePlace({ ...placeOf(this.id), read: this.#read });
  }

  /** The reader comes: what is unread now is marked. */
  enter(): void {
    const { newest } = this.timeline;
    const unread = this.unread.value;
    this.mark.value =
      newest && unread > 0 ? { epoch: newest.epoch, offset: newest.offset - unread } : undefined;
  }

  #listen(room: Room): void {
    this.#room = room;
    this.people.value?.dispose();
    this.people.value = new People(room);
    this.typists.value = new Typists(room, (member) => this.guest.isMe(member));
    room.on('message', (message) => this.#onMessage(message));
    room.on('members', ({ complete }) => {
      // It is joined on another connection: what failed on the last one may work.
      if (!complete && typeof this.loading.value === 'string') this.retryLoading();
    });
    room.on('gap', () => {
      this.timeline.clear();
      void this.#load();
    });
    room.on('reset', ({ epoch }) => {
      // What was said in another epoch can't be loaded again: it stays.
      if (epoch === this.timeline.newest?.epoch) this.timeline.clear();
      else this.timeline.notice('The server has lost what was said before.');
      void this.#load();
    });
    room.on('left', ({ error, reason }) => {
      const why = reason === 'kicked' ? 'You were taken out of this room.' : inWords(error);
      this.status.value = { kind: 'out', why };
    });
  }

  #onMessage(message: Message): void {
    batch(() => {
      this.timeline.append(message);
      this.outbox.remove(message.messageId);
      if (this.guest.isMe(message.sender)) this.markRead();
      else this.heard.value = message;
      this.#changed();
    });
  }

  async #load(): Promise<void> {
    this.#changed();
    try {
      await this.#loadStart();
    } catch (error) {
      this.loading.value = inWords(error);
    }
  }

  /** The newest page; and if the reader had scrolled up, all from there. */
  async #loadStart(): Promise<void> {
    const room = this.#room!;
    this.loading.value = true;
    const page = await room.history({ limit: PAGE_SIZE });
    this.timeline.prepend(page.messages, page.more);
    if (this.place) await this.#loadBackTo(this.place);
    batch(() => {
      // Who is new here has missed nothing.
      if (!this.#read) this.markRead();
      for (const { messageId } of this.outbox.messages.value)
        if (this.timeline.has(messageId)) this.outbox.remove(messageId);
      this.loading.value = false;
      this.#changed();
      this.enter();
    });
  }

  async #loadBackTo({ epoch, offset }: ScrollPlace): Promise<void> {
    for (let pages = 0; pages < MAX_PAGES_BACK; pages++) {
      const { oldest, more } = this.timeline;
      if (!more || !oldest || oldest.epoch !== epoch || oldest.offset <= offset) return;
      const page = await this.#room!.history({ before: oldest.offset, limit: MAX_PAGE_SIZE });
      this.timeline.prepend(page.messages, page.more);
    }
  }

  async #send(message: OwnMessage): Promise<void> {
    const { value: status } = this.status;
    if (status.kind === 'out')
      return this.outbox.update(message.messageId, { status: 'failed', error: status.why });
    // Until it is joined it waits; joining sends it.
    if (!this.#room || status.kind === 'joining') return;
    try {
      const { duplicate } = await this.#room.send(message.text, { messageId: message.messageId });
      if (duplicate || this.timeline.has(message.messageId)) this.outbox.remove(message.messageId);
      else this.outbox.update(message.messageId, { status: 'stored' });
    } catch (error) {
      if (error instanceof ChatError && (error.code === 'CLOSED' || error.code === 'LEFT')) return;
      this.outbox.update(message.messageId, { status: 'failed', error: inWords(error) });
    }
  }

  #changed(): void {
    const { newest } = this.timeline;
    const read = this.#read?.epoch === newest?.epoch ? (this.#read?.offset ?? 0) : 0;
    this.unread.value = newest ? Math.max(0, newest.offset - read) : 0;
    this.version.value++;
  }
}
