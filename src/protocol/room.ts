// What a room id may look like, and the one maker and parser of its channel name.

const ROOM_ID = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$/;
const CHANNEL_PREFIX = 'room:';

export function isRoomId(value: string): boolean {
  return ROOM_ID.test(value);
}

/** `general` → `room:general` */
export function channelOf(room: string): string {
  return CHANNEL_PREFIX + room;
}

/** `room:general` → `general`; undefined for a channel which is not a room's. */
export function roomOf(channel: string): string | undefined {
  return channel.startsWith(CHANNEL_PREFIX) ? channel.slice(CHANNEL_PREFIX.length) : undefined;
}
