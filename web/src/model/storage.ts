// What the browser keeps for the page. Where it keeps nothing (storage is full, or blocked), the page works without.

export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'roomcast.';

export class Stored<T> {
  constructor(
    private readonly store: () => KeyValueStore,
    private readonly key: string,
    /** Whether something that was kept, by this version of the page or another one, can be used. */
    private readonly isValid: (value: unknown) => value is T,
  ) {}

  read(): T | undefined {
    try {
      const value: unknown = JSON.parse(this.store().getItem(PREFIX + this.key) ?? 'null');
      return this.isValid(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  write(value: T | undefined): void {
    try {
      if (value === undefined) this.store().removeItem(PREFIX + this.key);
      else this.store().setItem(PREFIX + this.key, JSON.stringify(value));
    } catch {
      // Then it is forgotten with the page.
    }
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
