// Rooms: the reader's own, those that the server suggests, and a field for any other.
import type { ChatModel } from '../model/chat-model.js';
import { hueOf } from '../model/look.js';
import type { RoomModel } from '../model/room-model.js';
import { plural } from '../model/words.js';
import { Avatar } from './avatar.js';
import { Logo, PowerIcon } from './icons.js';
import { JoinForm } from './join-form.js';
import { ThemeToggle } from './theme-toggle.js';

interface SidebarProps {
  readonly chat: ChatModel;
  readonly inert: boolean;
  readonly onChosen: () => void;
  readonly onOut: () => void;
}

export function Sidebar({ chat, inert, onChosen, onOut }: SidebarProps) {
  const { value: rooms } = chat.rooms;
  const joined = new Set(rooms.map(({ id }) => id));
  const suggested = chat.suggestions.rooms.value.filter(({ name }) => !joined.has(name));
  const choose = (id: string) => {
    chat.open(id);
    onChosen();
  };
  return (
    <nav class="sidebar" id="panel-rooms" aria-label="Rooms" inert={inert}>
      <header class="brand">
        <Logo />
        <span class="brand-name">Roomcast</span>
      </header>
      <div class="sidebar-scroll">
        {rooms.length > 0 && (
          <section>
            <h2>Your rooms</h2>
            <ul>
              {rooms.map((room) => (
                <OwnRoom key={room.id} chat={chat} room={room} onChoose={choose} />
              ))}
            </ul>
          </section>
        )}
        {suggested.length > 0 && (
          <section>
            <h2>{rooms.length > 0 ? 'More rooms' : 'Rooms'}</h2>
            <ul>
              {suggested.map(({ name, count }) => (
                <li key={name}>
                  <button type="button" class="room-item" onClick={() => choose(name)}>
                    <RoomSign id={name} />
                    <span class="room-name">{name}</span>
                    <Count members={count} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        <JoinForm onJoin={choose} />
      </div>
      <Me chat={chat} onOut={onOut} />
    </nav>
  );
}

interface OwnRoomProps {
  readonly chat: ChatModel;
  readonly room: RoomModel;
  readonly onChoose: (id: string) => void;
}

function OwnRoom({ chat, room, onChoose }: OwnRoomProps) {
  const active = chat.active.value === room;
  const unread = room.unread.value;
  const members = room.people.value?.count.value;
  return (
    <li>
      <button
        type="button"
        class={`room-item ${unread > 0 ? 'has-unread' : ''}`}
        aria-current={active ? 'page' : undefined}
        onClick={() => onChoose(room.id)}
      >
        <RoomSign id={room.id} />
        <span class="room-name">{room.id}</span>
        {unread > 0 ? (
          <span class="badge">
            {unread > 99 ? '99+' : unread}
            <span class="visually-hidden"> unread</span>
          </span>
        ) : (
          members !== undefined && <Count members={members} />
        )}
      </button>
    </li>
  );
}

export function RoomSign({ id }: { id: string }) {
  return (
    <span class="room-sign" style={{ '--hue': hueOf(id) }} aria-hidden="true">
      #
    </span>
  );
}

function Count({ members }: { members: number }) {
  return (
    <span class="count">
      <span aria-hidden="true">{members.toLocaleString()}</span>
      <span class="visually-hidden">{plural(members, 'person', 'people')} here</span>
    </span>
  );
}

function Me({ chat, onOut }: { chat: ChatModel; readonly onOut: () => void }) {
  const { guest } = chat;
  const { status } = chat.connection.value;
  return (
    <footer class="me">
      <Avatar id={guest.id} name={guest.name} />
      <span class="me-name">
        <bdi>{guest.name}</bdi>
        <span class="me-status" data-status={status}>
          {status === 'connected' ? 'online' : status === 'closed' ? 'disconnected' : 'offline'}
        </span>
      </span>
      <ThemeToggle />
      <button
        type="button"
        class="icon-button"
        aria-label="Leave the chat"
        title="Leave the chat"
        onClick={onOut}
      >
        <PowerIcon />
      </button>
    </footer>
  );
}
