// Who is in the room.
import type { RoomModel } from '../model/room-model.js';
import { plural } from '../model/words.js';
import { Avatar } from './avatar.js';
import { CloseIcon } from './icons.js';

interface PeoplePanelProps {
  readonly room: RoomModel;
  readonly inert: boolean;
  readonly onClose: () => void;
}

export function PeoplePanel({ room, inert, onClose }: PeoplePanelProps) {
  const count = room.people.value?.count.value ?? 0;
  const listed = room.people.value?.listed.value ?? [];
  const unlisted = Math.max(0, count - listed.length);
  return (
    <aside class="people" id="panel-people" aria-label="Who is here" inert={inert}>
      <header>
        <h2>
          Here now <span class="people-count">{count.toLocaleString()}</span>
        </h2>
        <button type="button" class="icon-button close-people" aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      <ul tabIndex={0} aria-label="People">
        {listed.map(({ id, name }) => (
          <li key={id}>
            <Avatar id={id} name={name} size="small" />
            <bdi>{name}</bdi>
            {room.guest.isMe({ id }) && <span class="you">you</span>}
          </li>
        ))}
        {listed.length > 0 && unlisted > 0 && (
          <li class="unlisted">{`and ${plural(unlisted, 'more', 'more')}`}</li>
        )}
      </ul>
    </aside>
  );
}
