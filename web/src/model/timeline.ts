// The messages of one room that the page holds, in order, with notices of what happened between them.
import type { Message } from '@roomcast/client';
import type { Span } from './span.js';

/** Above so many, the oldest go; they can be loaded again. */
const MAX_ENTRIES = 10_000;
const TRIM_BY = 1_000;

export type Entry =
  | { readonly kind: 'message'; readonly key: string; readonly message: Message }
  | { readonly kind: 'notice'; readonly key: string; readonly text: string };

export class Timeline {
  /** Whether the server has older ones. */
  more = true;
  #entries: Entry[] = [];
  /** The number of the first entry: falls when older ones come, so that every entry keeps its own. */
  #origin = 0;
  #notices = 0;
  readonly #keys = new Set<string>();

  get span(): Span {
    return { start: this.#origin, end: this.#origin + this.#entries.length };
  }

  at(index: number): Entry | undefined {
    return this.#entries[index - this.#origin];
  }

  slice({ start, end }: Span): readonly Entry[] {
    return this.#entries.slice(Math.max(0, start - this.#origin), Math.max(0, end - this.#origin));
  }

  get newest(): Message | undefined {
    const entry = this.#entries.findLast(({ kind }) => kind === 'message');
    return entry?.kind === 'message' ? entry.message : undefined;
  }

  /** Of the newest epoch. */
  get oldest(): Message | undefined {
    const epoch = this.newest?.epoch;
    for (const entry of this.#entries) {
      if (entry.kind === 'message' && entry.message.epoch === epoch) return entry.message;
    }
    return undefined;
  }

  has(messageId: string): boolean {
    return this.#keys.has(messageId);
  }

  /** The number of the first message at or behind a position of an epoch. */
  indexFrom(epoch: string, offset: number): number | undefined {
    const index = this.#entries.findIndex(
      (entry) => entry.kind === 'message' && entry.message.epoch === epoch && entry.message.offset >= offset,
    );
    return index < 0 ? undefined : index + this.#origin;
  }

  append(message: Message): void {
    if (this.has(message.messageId)) return;
    this.#push(entryOf(message));
  }

  notice(text: string): void {
    this.#push({ kind: 'notice', key: `notice ${++this.#notices}`, text });
  }

  /** A page of what came before the messages of its epoch; what is here already is passed over. */
  prepend(page: readonly Message[], more: boolean): void {
    this.more = more;
    const [first] = page;
    if (!first) return;
    const at = this.#placeOf(first.epoch);
    const behind = this.#entries[at];
    // Those which are newer than what is here come by themselves, in their order.
    const limit = behind?.kind === 'message' ? behind.message.offset : Infinity;
    const entries = page.filter(({ offset }) => offset < limit).map(entryOf);
    for (const { key } of entries) this.#keys.add(key);
    this.#entries.splice(at, 0, ...entries);
    if (at === 0) this.#origin -= entries.length;
  }

  /** What follows does not join up with what was there. */
  clear(): void {
    this.#origin += this.#entries.length;
    this.#entries = [];
    this.#keys.clear();
    this.more = true;
  }

  /** Where an epoch begins, or would: behind all entries of others. */
  #placeOf(epoch: string): number {
    const index = this.#entries.findIndex(
      (entry) => entry.kind === 'message' && entry.message.epoch === epoch,
    );
    return index >= 0 ? index : this.#entries.length;
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#keys.add(entry.key);
    if (this.#entries.length > MAX_ENTRIES) this.#trim();
  }

  #trim(): void {
    for (const { key } of this.#entries.splice(0, TRIM_BY)) this.#keys.delete(key);
    this.#origin += TRIM_BY;
    this.more = true;
  }
}

function entryOf(message: Message): Entry {
  return { kind: 'message', key: message.messageId, message };
}
