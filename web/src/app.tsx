// The page: the way in, or the chat.
import { useState } from 'preact/hooks';
import { ChatModel } from './model/chat-model.js';
import { Guest } from './model/guest.js';
import { ChatPage } from './view/chat-page.js';
import { Entry } from './view/entry.js';

export function App() {
  const [chat, setChat] = useState(() => {
    const guest = Guest.remembered();
    return guest && new ChatModel(guest);
  });
  const [name, setName] = useState('');
  if (!chat) return <Entry name={name} onEntered={(guest) => setChat(new ChatModel(guest))} />;
  const restart = () => {
    chat.close();
    setChat(new ChatModel(chat.guest));
  };
  const goOut = () => {
    chat.close();
    chat.guest.forget();
    setName(chat.guest.name);
    setChat(undefined);
  };
  return <ChatPage key={chat.serial} chat={chat} onRestart={restart} onOut={goOut} />;
}
