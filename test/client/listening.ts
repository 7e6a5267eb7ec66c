// Awaiting the client's events.
import type { Room, RoomEvents } from '../../client/src/index.js';
import { within } from '../support/deadline.js';

const TIMEOUT_MS = 10_000;

/** The next event of a type that matches. */
export async function nextOf<Type extends keyof RoomEvents>(
  room: Room,
  type: Type,
  matches: (event: RoomEvents[Type]) => boolean = () => true,
): Promise<RoomEvents[Type]> {
  let end: (() => void) | undefined;
  const event = new Promise<RoomEvents[Type]>((resolve) => {
    end = room.on(type, (each) => matches(each) && resolve(each));
  });
  return within(event, TIMEOUT_MS, `'${type}' in ${room.id}`).finally(end);
}
