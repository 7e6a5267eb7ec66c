// Joins a room by its name; one that nobody is in yet is made by it.
import type { TargetedEvent } from 'preact';
import { useId, useState } from 'preact/hooks';
import { isRoomId } from '../model/words.js';
import { PlusIcon } from './icons.js';

export function JoinForm({ onJoin }: { readonly onJoin: (id: string) => void }) {
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const id = useId();
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const room = text.trim().replace(/^#/, '').replaceAll(/\s+/g, '-');
    if (!room) return;
    if (!isRoomId(room)) {
      setError('A room’s name has letters, digits and . _ : @ - and begins with a letter or a digit.');
      return;
    }
    setText('');
    onJoin(room);
  };
  return (
    <form class="join-form" onSubmit={submit} noValidate>
      <label class="visually-hidden" for={id}>
        Join or make a room
      </label>
      <div class={`join-field ${error ? 'wrong' : ''}`}>
        <span aria-hidden="true">#</span>
        <input
          id={id}
          class="join-input"
          placeholder="Join or make a room"
          maxLength={128}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={error !== ''}
          aria-describedby={`${id}-error`}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            setError('');
          }}
        />
        <button type="submit" class="icon-button" aria-label="Join" title="Join" disabled={!text.trim()}>
          <PlusIcon />
        </button>
      </div>
      <p id={`${id}-error`} class="field-error" role="alert">
        {error}
      </p>
    </form>
  );
}
