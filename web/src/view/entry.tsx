// The way in: the reader picks a name.
import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { Guest } from '../model/guest.js';
import { inWords } from '../model/words.js';
import { Avatar } from './avatar.js';
import { Logo } from './icons.js';
import { ThemeToggle } from './theme-toggle.js';

const MAX_NAME_LENGTH = 64;

interface EntryProps {
  /** From the last visit. */
  readonly name: string;
  readonly onEntered: (guest: Guest) => void;
}

export function Entry({ name: lastName, onEntered }: EntryProps) {
  const name = useSignal(lastName);
  const error = useSignal('');
  const busy = useSignal(false);
  const enter = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = name.value.trim();
    if (busy.value) return;
    if (!wanted) return void (error.value = 'Pick a name first.');
    busy.value = true;
    try {
      onEntered(await Guest.enter(wanted));
    } catch (cause) {
      error.value = entryErrorInWords(cause);
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="entry">
      <div class="entry-theme">
        <ThemeToggle />
      </div>
      <main class="entry-card">
        <Logo />
        <h1>Roomcast</h1>
        <p class="entry-lead">Rooms to talk in. Pick a name, and you are in.</p>
        <form onSubmit={(event) => void enter(event)} noValidate>
          <label for="name">Your name</label>
          <div class={`entry-field ${error.value ? 'wrong' : ''}`}>
            <Avatar id={`name:${name.value.trim()}`} name={name.value.trim() || '?'} />
            <NameInput name={name} error={error} />
          </div>
          <p id="name-error" class="field-error" role="alert">
            {error.value}
          </p>
          <button type="submit" class="primary" disabled={busy.value}>
            {busy.value ? 'Entering…' : 'Enter'}
          </button>
        </form>
      </main>
    </div>
  );
}

function NameInput({ name, error }: { name: { value: string }; error: { value: string } }) {
  return (
    <input
      id="name"
      name="name"
      autocomplete="nickname"
      placeholder="Ada"
      maxLength={MAX_NAME_LENGTH}
      spellcheck={false}
      autoFocus
      dir="auto"
      aria-invalid={error.value !== ''}
      aria-describedby="name-error"
      value={name.value}
      onInput={({ currentTarget }) => {
        name.value = currentTarget.value;
        error.value = '';
      }}
    />
  );
}

function entryErrorInWords(cause: unknown): string {
  if (cause instanceof TypeError || cause instanceof DOMException) return 'The server can’t be reached.';
  const { code } = cause as { code?: string };
  if (code === 'FORBIDDEN') return 'Guests are not let in here.';
  if (code === 'BAD_REQUEST') return 'This can’t be a name: 1 to 64 characters, all of them visible.';
  return inWords(cause);
}
