// Rooms which the server suggests to those who may read them, with how many are there.
import { signal } from '@preact/signals';
import type { Guest } from './guest.js';
import { isRecord } from './storage.js';
import { isRoomId } from './words.js';

const POLL_MS = 15_000;
const TIMEOUT_MS = 8_000;

interface SuggestedRoom {
  readonly name: string;
  readonly count: number;
}

export class Suggestions {
  readonly rooms = signal<readonly SuggestedRoom[]>([]);
  readonly #timer = setInterval(() => void this.#poll(), POLL_MS);

  constructor(private readonly guest: Guest) {
    void this.#poll();
    document.addEventListener('visibilitychange', this.#onVisible);
  }

  dispose(): void {
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#onVisible);
  }

  readonly #onVisible = (): void => void this.#poll();

  async #poll(): Promise<void> {
    if (document.hidden) return;
    try {
      const response = await fetch('/chat/rooms', {
        headers: this.guest.authorization,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const body: unknown = await response.json();
      if (isRecord(body) && Array.isArray(body['rooms']))
        this.rooms.value = body['rooms'].filter(isSuggestedRoom);
    } catch {
      // The last ones are kept; the next poll may do better.
    }
  }
}

function isSuggestedRoom(value: unknown): value is SuggestedRoom {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    isRoomId(value['name']) &&
    typeof value['count'] === 'number'
  );
}
