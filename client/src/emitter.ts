// Typed events and observable values.

type Listener<T> = (value: T) => void;

/** Calls a listener so that its error neither keeps others from hearing nor breaks the connection. */
function call<T>(listener: Listener<T>, value: T): void {
  try {
    listener(value);
  } catch (error) {
    // Still seen: as an uncaught error of the application.
    queueMicrotask(() => {
      throw error;
    });
  }
}

export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  on<Type extends keyof Events>(type: Type, listener: Listener<Events[Type]>): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    this.#listeners.get(type)?.forEach((listener) => call(listener as Listener<Events[Type]>, event));
  }
}

/** A value and its changes; a store as Svelte and React (`useSyncExternalStore`) understand it. */
export interface Observable<T> {
  readonly value: T;
  /** Calls with the value of now, and with every later one. Returns what ends that. */
  readonly subscribe: (listener: (value: T) => void) => () => void;
}

export class Subject<T> implements Observable<T> {
  readonly #listeners = new Set<Listener<T>>();

  constructor(public value: T) {}

  set(value: T): void {
    this.value = value;
    for (const listener of this.#listeners) call(listener, value);
  }

  /** May be passed on by itself. */
  readonly subscribe = (listener: Listener<T>): (() => void) => {
    this.#listeners.add(listener);
    call(listener, this.value);
    return () => void this.#listeners.delete(listener);
  };
}
