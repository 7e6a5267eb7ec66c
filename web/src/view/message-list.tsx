// The messages of a room: a bounded run of them is on the page, and moves along as the reader scrolls.
import { Component, createRef } from 'preact';
import type { OwnMessage } from '../model/outbox.js';
import { placementOf } from '../model/rows.js';
import type { RoomModel } from '../model/room-model.js';
import { around, earlier, follow, later, latest, type Span } from '../model/span.js';
import { DownIcon } from './icons.js';
import { Beginning } from './beginning.js';
import { MessageRow } from './message-row.js';
import { OwnRow } from './own-row.js';
import { type Anchor, ScrollKeeper } from './scroll-keeper.js';

/** So near to an end of what is on the page, more is put there. */
const MARGIN = 800;
/** Below the list's top, where the first unread message is shown. */
const MARK_TOP = 96;
const SAVE_MS = 250;

interface MessageListProps {
  readonly room: RoomModel;
}

interface MessageListState {
  readonly pinned: boolean;
}

export class MessageList extends Component<MessageListProps, MessageListState> {
  override state: MessageListState = { pinned: true };
  readonly #scroller = createRef<HTMLDivElement>();
  readonly #keeper = new ScrollKeeper();
  #all: Span = { start: 0, end: 0 };
  #span: Span = this.#all;
  #placed = false;
  #ownCount = this.props.room.outbox.messages.value.length;
  #frame = 0;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;

  override componentDidMount(): void {
    this.#keeper.attach(this.#scroller.current!);
    document.addEventListener('visibilitychange', this.#onVisible);
    addEventListener('focus', this.#onVisible);
    addEventListener('pagehide', this.#save);
    this.#settle();
  }

  override componentDidUpdate(): void {
    this.#settle();
  }

  override componentWillUnmount(): void {
    this.#save();
    clearTimeout(this.#saveTimer);
    cancelAnimationFrame(this.#frame);
    this.#keeper.detach();
    document.removeEventListener('visibilitychange', this.#onVisible);
    removeEventListener('focus', this.#onVisible);
    removeEventListener('pagehide', this.#save);
  }

  override render({ room }: MessageListProps) {
    this.#follow(room);
    const { timeline, loading } = room;
    const span = this.#span;
    const atEnd = span.end === this.#all.end;
    const label = `Messages in ${room.id}`;
    return (
      <div class="list-frame">
        <div
          class="list"
          ref={this.#scroller}
          role="region"
          aria-label={label}
          tabIndex={0}
          onScroll={this.#onScroll}
        >
          <Beginning
            room={room}
            shown={span.start === this.#all.start}
            empty={this.#all.start === this.#all.end}
          />
          <ol class="rows" aria-busy={loading.value === true}>
            {timeline.slice(span).map((_, at) => this.#row(span.start + at))}
            {atEnd && this.#ownRows(room.outbox.messages.value)}
          </ol>
        </div>
        {!this.state.pinned && (
          <button type="button" class="to-end" onClick={() => this.#toEnd()}>
            <DownIcon />
            {room.unread.value > 0 ? `${room.unread.value} new` : 'Newest'}
          </button>
        )}
      </div>
    );
  }

  #row(index: number) {
    const { timeline, guest, mark } = this.props.room;
    const entry = timeline.at(index)!;
    const before = timeline.at(index - 1);
    const placement = placementOf(before, entry, timeline.at(index + 1));
    const own = entry.kind === 'message' && guest.isMe(entry.message.sender);
    const { value: read } = mark;
    const marked =
      read !== undefined &&
      entry.kind === 'message' &&
      entry.message.epoch === read.epoch &&
      entry.message.offset > read.offset &&
      !(before?.kind === 'message' && before.message.offset > read.offset);
    return (
      <MessageRow
        key={entry.key}
        entry={entry}
        index={index}
        placement={placement}
        own={own}
        marked={marked}
      />
    );
  }

  #ownRows(own: readonly OwnMessage[]) {
    const { room } = this.props;
    const { newest } = room.timeline;
    const follows = newest !== undefined && room.guest.isMe(newest.sender);
    return own.map((message, at) => (
      <OwnRow
        key={message.messageId}
        room={room}
        message={message}
        first={at === 0 && !follows}
        last={at === own.length - 1}
      />
    ));
  }

  /** Takes up what has happened to the timeline. */
  #follow(room: RoomModel): void {
    // Read, so that it is drawn again.
    void room.version.value;
    const { span } = room.timeline;
    if (!this.#placed && room.status.value.kind === 'joined') this.#place(room, span);
    const own = room.outbox.messages.value.length;
    if (own > this.#ownCount) this.#pin(true);
    this.#ownCount = own;
    const pinned = this.#keeper.pinned;
    if (pinned || span.start !== this.#all.start || span.end !== this.#all.end) {
      const older = span.start < this.#all.start;
      this.#span = follow(this.#span, this.#all, span, pinned);
      this.#all = span;
      // At once: at the very top there would be nothing above to make up for what the first row has lost, its day and name.
      if (older && !pinned && this.#keeper.above < MARGIN) this.#span = earlier(this.#span, span);
    }
  }

  /** Where the reader was; else where the unread messages begin; else at the end. */
  #place(room: RoomModel, all: Span): void {
    this.#placed = true;
    const { place, timeline } = room;
    const { value: mark } = room.mark;
    const from = place ?? (mark && { epoch: mark.epoch, offset: mark.offset + 1, top: MARK_TOP });
    const index = from && timeline.indexFrom(from.epoch, from.offset);
    this.#all = all;
    if (index === undefined) {
      this.#span = latest(all);
      return;
    }
    this.#span = around(index, all);
    this.#pin(false, { index, top: from!.top });
  }

  #pin(pinned: boolean, anchor?: Anchor): void {
    this.#keeper.pinned = pinned;
    this.#keeper.anchor = anchor;
    if (this.state.pinned !== pinned) this.setState({ pinned });
  }

  /** Puts the scroll position right after what is on the page has changed. */
  #settle(): void {
    this.#keeper.restore();
    this.#lookSoon();
  }

  readonly #onScroll = (): void => {
    this.#keeper.note(this.#span.end === this.#all.end);
    this.#lookSoon();
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(this.#save, SAVE_MS);
  };

  #lookSoon(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#look());
  }

  /** What the scroll position asks for: older messages, newer ones, or to be marked as read. */
  #look(): void {
    const { room } = this.props;
    if (!this.#placed) return;
    // So few messages that there is nothing to scroll: who sees the first one sees the last one.
    this.#keeper.noteEnd(this.#span.end === this.#all.end);
    const { pinned } = this.#keeper;
    if (pinned !== this.state.pinned) this.setState({ pinned });
    if (pinned && !document.hidden && document.hasFocus()) room.markRead();
    const { above, below } = this.#keeper;
    if (above < MARGIN && this.#span.start > this.#all.start) this.#move(earlier(this.#span, this.#all));
    else if (below < MARGIN && this.#span.end < this.#all.end) this.#move(later(this.#span, this.#all));
    else if (above < MARGIN && room.loading.value === false) void room.loadOlder();
  }

  #move(span: Span): void {
    this.#span = span;
    this.forceUpdate();
  }

  #toEnd(): void {
    this.#span = latest(this.#all);
    this.#pin(true);
    this.forceUpdate();
  }

  readonly #onVisible = (): void => this.#look();

  readonly #save = (): void => {
    if (!this.#placed) return;
    const { room } = this.props;
    const { anchor, pinned } = this.#keeper;
    const entry = anchor && room.timeline.at(anchor.index);
    const message = entry?.kind === 'message' ? entry.message : undefined;
    room.place =
      pinned || !message ? undefined : { epoch: message.epoch, offset: message.offset, top: anchor!.top };
  };
}
