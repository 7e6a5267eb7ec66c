// Which rooms the reader is in, what of them was read, and where the page was scrolled to.
import { isRecord, Stored } from './storage.js';
import { isRoomId } from './words.js';

export interface ReadUpTo {
  readonly epoch: string;
  readonly offset: number;
}

/** Where the page was: a message, and how far its top was below that of the list; none at the end of the list. */
export interface ScrollPlace extends ReadUpTo {
  readonly top: number;
}

export interface RoomPlace {
  readonly room: string;
  readonly read?: ReadUpTo;
  readonly scroll?: ScrollPlace;
}

interface Places {
  readonly active?: string;
  readonly rooms: readonly RoomPlace[];
}

const kept = new Stored<Places>(
  () => localStorage,
  'places',
  (value): value is Places =>
    isRecord(value) &&
    Array.isArray(value['rooms']) &&
    value['rooms'].every(
      (place: unknown) => isRecord(place) && typeof place['room'] === 'string' && isRoomId(place['room']),
    ),
);

export function readPlaces(): Places {
  return kept.read() ?? { rooms: [] };
}

export function placeOf(room: string): RoomPlace {
  return readPlaces().rooms.find((place) => place.room === room) ?? { room };
}

export function writePlace(place: RoomPlace): void {
  const { rooms, ...rest } = readPlaces();
  const index = rooms.findIndex(({ room }) => room === place.room);
  kept.write({ ...rest, rooms: index < 0 ? [...rooms, place] : rooms.with(index, place) });
}

export function removePlace(room: string): void {
  const places = readPlaces();
  kept.write({ ...places, rooms: places.rooms.filter((place) => place.room !== room) });
}

export function writeActive(active: string | undefined): void {
  kept.write({ rooms: readPlaces().rooms, ...(active !== undefined && { active }) });
}
