// What a screen reader says by itself: new messages in the open room, and how the connection is.
import type { ChatModel } from '../model/chat-model.js';
import { stateInWords } from '../model/words.js';

const MAX_LENGTH = 300;

export function Announcer({ chat }: { chat: ChatModel }) {
  const heard = chat.active.value?.heard.value;
  return (
    <div class="visually-hidden">
      <div role="log" aria-live="polite" aria-label="New messages">
        {heard && (
          <p key={heard.messageId}>{`${heard.sender.name}: ${heard.message.slice(0, MAX_LENGTH)}`}</p>
        )}
      </div>
      <p role="status">{stateInWords(chat.connection.value)}</p>
    </div>
  );
}
