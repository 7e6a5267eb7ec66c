// A user's sign: initials on a colour of its own.
import { hueOf, initialsOf } from '../model/look.js';

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: 'small' | 'large';
}

export function Avatar({ id, name, size }: AvatarProps) {
  return (
    <span class={`avatar ${size ?? ''}`} style={{ '--hue': hueOf(id) }} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
