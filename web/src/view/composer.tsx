// The field to write in: Enter sends, Shift+Enter begins a new line; where keys are on the screen, Enter does that too.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RoomModel } from '../model/room-model.js';
import { SendIcon } from './icons.js';

const onScreenKeys = matchMedia('(pointer: coarse)');

export function Composer({ room }: { room: RoomModel }) {
  const [text, setText] = useState(room.draft);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // On a phone it would bring up the keys.
    if (!onScreenKeys.matches) field.current?.focus();
  }, []);
  useEffect(() => fit(field.current!), [text]);
  const write = (value: string) => {
    setText(value);
    room.draft = value;
    room.typing(value.trim() !== '');
  };
  const send = () => {
    if (text.trim() === '') return;
    room.send(text.trim());
    setText('');
    room.draft = '';
    field.current?.focus();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={submit}>
      <label class="visually-hidden" for="message">{`Message to ${room.id}`}</label>
      <div class="composer-field">
        <textarea
          id="message"
          ref={field}
          rows={1}
          dir="auto"
          placeholder={`Message #${room.id}`}
          enterkeyhint={onScreenKeys.matches ? 'enter' : 'send'}
          value={text}
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={(event) => asksToSend(event) && submit(event)}
          onBlur={() => room.typing(false)}
        />
        <button type="submit" class="send" aria-label="Send" disabled={text.trim() === ''}>
          <SendIcon />
        </button>
      </div>
    </form>
  );
}

function asksToSend({ key, shiftKey, isComposing }: KeyboardEvent): boolean {
  return key === 'Enter' && !shiftKey && !isComposing && !onScreenKeys.matches;
}

/** As high as its text; the style sheet sets a limit. */
function fit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
