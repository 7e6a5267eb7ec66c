// The chat as the page shows it: the connection, the reader's rooms, and which one is looked at.
import { ChatClient, type ConnectionState } from '@roomcast/client';
import { computed, signal } from '@preact/signals';
import type { Guest } from './guest.js';
import { readPlaces, writeActive, writePlace, placeOf } from './places.js';
import { RoomModel } from './room-model.js';
import { Suggestions } from './suggestions.js';
import { isRoomId } from './words.js';

let serials = 0;

export class ChatModel {
  /** Tells one from the next, after the connection has been begun anew. */
  readonly serial = ++serials;
  readonly connection = signal<ConnectionState>({ status: 'idle' });
  readonly rooms = signal<readonly RoomModel[]>([]);
  readonly active = signal<RoomModel | undefined>(undefined);
  readonly unread = computed(() => this.rooms.value.reduce((sum, { unread }) => sum + unread.value, 0));
  readonly suggestions: Suggestions;
  readonly #client: ChatClient;

  constructor(readonly guest: Guest) {
    const { protocol, host } = location;
    this.#client = new ChatClient(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws`, {
      token: guest.token,
    });
    this.#client.state.subscribe((state) => (this.connection.value = state));
    this.suggestions = new Suggestions(guest);
    this.#restore();
    addEventListener('hashchange', this.#onHash);
  }

  /** Goes into a room, joining it where the reader is not in it yet. */
  open(id: string): void {
    let room = this.rooms.value.find((one) => one.id === id);
    if (!room) {
      room = this.#add(id);
      writePlace(placeOf(id));
    }
    if (this.active.value !== room) room.enter();
    this.active.value = room;
    writeActive(id);
    history.replaceState(null, '', `#${id}`);
  }

  leave(room: RoomModel): void {
    const { value: rooms } = this.rooms;
    const index = rooms.indexOf(room);
    room.leave();
    this.rooms.value = rooms.filter((one) => one !== room);
    if (this.active.value !== room) return;
    const next = this.rooms.value[Math.min(index, this.rooms.value.length - 1)];
    if (next) return this.open(next.id);
    this.active.value = undefined;
    writeActive(undefined);
    history.replaceState(null, '', location.pathname);
  }

  /** The room above or below the one that is looked at. */
  step(by: 1 | -1): void {
    const { value: rooms } = this.rooms;
    const { value: active } = this.active;
    const next = active && rooms.at((rooms.indexOf(active) + by) % rooms.length);
    if (next) this.open(next.id);
  }

  /** Does not wait any longer for the next try. */
  connectNow(): void {
    // What becomes of it is told by `connection`.
    this.#client.connect().catch(() => undefined);
  }

  close(): void {
    removeEventListener('hashchange', this.#onHash);
    this.suggestions.dispose();
    for (const room of this.rooms.value) room.end();
    this.#client.close();
  }

  #restore(): void {
    const { rooms, active } = readPlaces();
    for (const { room } of rooms) this.#add(room);
    const wanted = roomOfHash() ?? active ?? rooms[0]?.room;
    if (wanted !== undefined) this.open(wanted);
    else this.connectNow();
  }

  #add(id: string): RoomModel {
    const room = new RoomModel(id, this.#client, this.guest);
    this.rooms.value = [...this.rooms.value, room];
    return room;
  }

  readonly #onHash = (): void => {
    const id = roomOfHash();
    if (id !== undefined) this.open(id);
  };
}

/** A link to the page may name a room: `/#general`. */
function roomOfHash(): string | undefined {
  const id = location.hash.slice(1);
  return isRoomId(id) ? id : undefined;
}
