// Who else is typing in a room.
import type { Identity, Room } from '@roomcast/client';
import { signal } from '@preact/signals';

export class Typists {
  readonly names = signal<readonly string[]>([]);
  readonly #typing = new Map<string, string>();

  constructor(room: Room, isMe: (member: Identity) => boolean) {
    room.on('typing', ({ member, typing }) => {
      if (!isMe(member)) this.#set(member, typing);
    });
    room.on('message', ({ sender }) => this.#set(sender, false));
    room.on('members', ({ left, complete }) => {
      if (!complete) this.clear();
      for (const member of left) this.#set(member, false);
    });
  }

  /** After a break nobody says who has stopped. */
  clear(): void {
    this.#typing.clear();
    this.#publish();
  }

  #set({ id, name }: Identity, typing: boolean): void {
    if (typing === this.#typing.has(id)) return;
    if (typing) this.#typing.set(id, name);
    else this.#typing.delete(id);
    this.#publish();
  }

  #publish(): void {
    this.names.value = [...this.#typing.values()];
  }
}
