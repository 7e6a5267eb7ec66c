// What a room id may look like, and the one maker of its channel name.

export const ROOM_ID = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$/;
/** What who has joined no room hears on /ws, in the dialects of chats without rooms. */
export const LOBBY = 'lobby';
const CHANNEL_PREFIX = 'room:';
/** The instances' own rooms, which no client can name: they have a log, a feed and their repair like any other. */
export const CONTROL_ROOM = '!control';
/** Apart from the other orders, so that however many are kicked, no revocation is trimmed from the log for it. */
export const KICKS_ROOM = '!kicks';
const INTERNAL_ROOMS: ReadonlySet<string> = new Set([CONTROL_ROOM, KICKS_ROOM]);
/** Of a room in which an instance hears only itself, to know whether the broker carries anything. */
const CANARY_PREFIX = '!canary-';
const INTERNAL_PREFIX = 'roomcast:';

export function isRoomId(value: string): boolean {
  return ROOM_ID.test(value);
}

export function isInternal(room: string): boolean {
  return INTERNAL_ROOMS.has(room) || room.startsWith(CANARY_PREFIX);
}

/** @param instance an id without characters that a room id can't have */
export function canaryRoomOf(instance: string): string {
  return CANARY_PREFIX + instance;
}

/** `general` → `room:general`, `!control` → `roomcast:control` */
export function channelOf(room: string): string {
  return isInternal(room) ? INTERNAL_PREFIX + room.slice(1) : CHANNEL_PREFIX + room;
}
