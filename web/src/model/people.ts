// Who is in a room: the number always, the names when somebody looks.
import type { Identity, MembersChange, Room } from '@roomcast/client';
import { signal } from '@preact/signals';

const MAX_LISTED = 200;
/** The list is asked for at most so often. */
const REFRESH_MS = 2_000;

export class People {
  readonly count = signal(0);
  /** Longest present first; of a crowd, the first ones. */
  readonly listed = signal<readonly Identity[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly room: Room) {
    this.count.value = room.memberCount;
    room.on('members', (change) => this.#onChange(change));
    void this.#refresh();
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #onChange({ count, joined, left, complete }: MembersChange): void {
    this.count.value = count;
    const gone = new Set([...left, ...joined].map(({ id }) => id));
    const rest = this.listed.value.filter(({ id }) => !gone.has(id));
    this.listed.value = [...rest, ...joined].slice(0, MAX_LISTED);
    if (!complete || this.listed.value.length < Math.min(count, MAX_LISTED)) this.#refreshSoon();
  }

  #refreshSoon(): void {
    this.#timer ??= setTimeout(() => void this.#refresh(), REFRESH_MS);
  }

  async #refresh(): Promise<void> {
    try {
      const { count, members } = await this.room.members({ limit: MAX_LISTED });
      this.count.value = count;
      this.listed.value = members;
    } catch {
      // The next change asks again, and so does the next connection.
    } finally {
      this.#timer = undefined;
    }
  }
}
