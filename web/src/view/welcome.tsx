// Before the reader is in any room.
import type { ComponentChildren } from 'preact';
import type { ChatModel } from '../model/chat-model.js';
import { plural } from '../model/words.js';
import { Logo, MenuIcon } from './icons.js';
import { JoinForm } from './join-form.js';
import type { Panel } from './panel.js';
import { RoomSign } from './sidebar.js';

interface WelcomeProps {
  readonly chat: ChatModel;
  readonly children: ComponentChildren;
  readonly onPanel: (panel: Panel) => void;
}

export function Welcome({ chat, children, onPanel }: WelcomeProps) {
  const { value: rooms } = chat.suggestions.rooms;
  return (
    <main class="room">
      <header class="room-head welcome-head">
        <button
          type="button"
          class="icon-button open-rooms"
          aria-label="Rooms"
          onClick={() => onPanel('rooms')}
        >
          <MenuIcon />
        </button>
      </header>
      {children}
      <div class="welcome">
        <Logo />
        <h1>
          Hello, <bdi>{chat.guest.name}</bdi>
        </h1>
        <p>Choose a room, or make one of your own.</p>
        <ul class="welcome-rooms">
          {rooms.map(({ name, count }) => (
            <li key={name}>
              <button type="button" onClick={() => chat.open(name)}>
                <RoomSign id={name} />
                <span class="room-name">{name}</span>
                <span class="count">{count > 0 ? plural(count, 'person', 'people') : 'nobody yet'}</span>
              </button>
            </li>
          ))}
        </ul>
        <JoinForm onJoin={(id) => chat.open(id)} />
      </div>
    </main>
  );
}
