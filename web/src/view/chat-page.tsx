// The chat: rooms on the left, the conversation in the middle, people on the right; on a phone one at a time.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChatModel } from '../model/chat-model.js';
import { Announcer } from './announcer.js';
import { ConnectionBanner } from './connection-banner.js';
import type { Panel } from './panel.js';
import { PeoplePanel } from './people-panel.js';
import { RoomView } from './room-view.js';
import { Sidebar } from './sidebar.js';
import { Welcome } from './welcome.js';

interface ChatPageProps {
  readonly chat: ChatModel;
  readonly onRestart: () => void;
  readonly onOut: () => void;
}

export function ChatPage({ chat, onRestart, onOut }: ChatPageProps) {
  const { panel, open, close } = usePanel();
  useShortcuts(chat, close);
  const { value: room } = chat.active;
  useSignalEffect(() => {
    const { value: unread } = chat.unread;
    const name = chat.active.value ? `${chat.active.value.id} · ` : '';
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name}Roomcast`;
  });
  return (
    <div class="chat" data-panel={panel}>
      {room && (
        <a class="skip-link" href="#message" onClick={skipToMessage}>
          Skip to the message field
        </a>
      )}
      <Sidebar chat={chat} inert={panel === 'people'} onChosen={close} onOut={onOut} />
      <div class="conversation" inert={panel !== undefined}>
        {room ? (
          <RoomView key={room.id} chat={chat} room={room} onPanel={open}>
            <ConnectionBanner chat={chat} onRestart={onRestart} />
          </RoomView>
        ) : (
          <Welcome chat={chat} onPanel={open}>
            <ConnectionBanner chat={chat} onRestart={onRestart} />
          </Welcome>
        )}
      </div>
      {room && <PeoplePanel room={room} inert={panel === 'rooms'} onClose={close} />}
      <div class="backdrop" onClick={close} />
      <Announcer chat={chat} />
    </div>
  );
}

/** The address stays the room's. */
function skipToMessage(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#message')?.focus();
}

/** Where its opener is gone with the room it belonged to. On a phone the field would bring up the keys. */
function focusConversation(): void {
  const target = matchMedia('(pointer: coarse)').matches ? '.conversation h1' : '#message';
  document.querySelector<HTMLElement>(target)?.focus();
}

/** Focus goes into a panel with its opening, and back with its closing. */
function usePanel() {
  const [panel, setPanel] = useState<Panel | undefined>();
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    if (!panel) return;
    document.querySelector<HTMLElement>(`#panel-${panel} :is(button, input)`)?.focus();
    // With more width the panel has a place of its own.
    const wider = matchMedia(panel === 'rooms' ? '(min-width: 760px)' : '(min-width: 1120px)');
    const close = () => setPanel(undefined);
    wider.addEventListener('change', close);
    return () => wider.removeEventListener('change', close);
  }, [panel]);
  const close = () => {
    if (!panel) return;
    setPanel(undefined);
    const { current } = opener;
    requestAnimationFrame(() => {
      if (current instanceof HTMLElement && current.isConnected) current.focus();
      else focusConversation();
    });
  };
  const open = (wanted: Panel) => {
    // Before it becomes inert with all that is around it.
    opener.current = document.activeElement;
    setPanel(wanted);
  };
  return { panel, open, close };
}

/** Alt+↑ and Alt+↓ go from room to room, Escape closes what is open. */
function useShortcuts(chat: ChatModel, close: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') close();
      const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : undefined;
      if (!event.altKey || by === undefined) return;
      event.preventDefault();
      chat.step(by);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}
