// One room: its head, its messages, who is typing, and the field to write in.
import type { ComponentChildren } from 'preact';
import type { ChatModel } from '../model/chat-model.js';
import type { RoomModel } from '../model/room-model.js';
import { plural, typingInWords } from '../model/words.js';
import { Composer } from './composer.js';
import { LeaveIcon, MenuIcon, PeopleIcon } from './icons.js';
import { MessageList } from './message-list.js';
import type { Panel } from './panel.js';
import { RoomSign } from './sidebar.js';

interface RoomViewProps {
  readonly chat: ChatModel;
  readonly room: RoomModel;
  readonly children: ComponentChildren;
  readonly onPanel: (panel: Panel) => void;
}

export function RoomView({ chat, room, children, onPanel }: RoomViewProps) {
  const { value: status } = room.status;
  return (
    <main class="room">
      <RoomHead chat={chat} room={room} onPanel={onPanel} />
      {children}
      {status.kind === 'out' && (
        <div class="banner" data-status="closed" role="alert">
          <span class="banner-dot" aria-hidden="true" />
          <p>{status.why}</p>
          <button type="button" onClick={() => void room.join()}>
            Join again
          </button>
        </div>
      )}
      <MessageList room={room} />
      <Typing room={room} />
      <Composer room={room} />
    </main>
  );
}

type RoomHeadProps = Pick<RoomViewProps, 'chat' | 'room' | 'onPanel'>;

function RoomHead({ chat, room, onPanel }: RoomHeadProps) {
  const count = room.people.value?.count.value;
  const others = chat.rooms.value.filter((one) => one !== room && one.unread.value > 0).length;
  return (
    <header class="room-head">
      <button
        type="button"
        class={`icon-button open-rooms ${others > 0 ? 'has-news' : ''}`}
        aria-label={others > 0 ? `Rooms, ${others} with unread messages` : 'Rooms'}
        onClick={() => onPanel('rooms')}
      >
        <MenuIcon />
      </button>
      <RoomSign id={room.id} />
      <div class="room-title">
        <h1 tabIndex={-1}>{room.id}</h1>
        <p>{count === undefined ? 'joining…' : `${plural(count, 'person', 'people')} here`}</p>
      </div>
      <button
        type="button"
        class="icon-button open-people"
        aria-label="Who is here"
        onClick={() => onPanel('people')}
      >
        <PeopleIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={`Leave ${room.id}`}
        title="Leave this room"
        onClick={() => chat.leave(room)}
      >
        <LeaveIcon />
      </button>
    </header>
  );
}

function Typing({ room }: { room: RoomModel }) {
  const names = room.typists.value?.names.value ?? [];
  return (
    <p class="typing" aria-live="polite">
      {names.length > 0 && (
        <span class="typing-dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
      <bdi>{typingInWords(names)}</bdi>
    </p>
  );
}
