// One room's log in memory: bounded history, and the memory of its messageIds.
import type { Draft, HistoryPage, HistoryRange, Receipt } from '../../core/broker.js';
import { ChatError } from '../../protocol/errors.js';
import type { Position, Publication } from '../../protocol/position.js';

interface Remembered {
  readonly receipt: Position;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/** What an entry costs besides its body: objects, strings and map slots, in bytes, as measured on Node 20. */
const ENTRY_OVERHEAD = 350;
const REMEMBERED_OVERHEAD = 250;

export class EmbeddedLog {
  #head: Position;
  readonly #publications: Publication[] = [];
  readonly #remembered = new Map<string, Remembered>();
  #bytes = 0;

  constructor(epoch: string) {
    this.#head = { epoch, offset: 0, messageId: '' };
  }

  get head(): Position {
    return this.#head;
  }

  /** Roughly what it holds, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Stores a draft, unless its messageId is remembered. */
  append(draft: Draft, now: number): { receipt: Receipt; publication?: Publication } {
    this.#forgetExpired(now);
    const known = this.#remembered.get(draft.messageId);
    if (known && known.expiresAt > now) {
      if (known.fingerprint !== draft.fingerprint) {
        throw new ChatError('CONFLICT', 'This messageId was used for another message');
      }
      return { receipt: { ...known.receipt, duplicate: true } };
    }
    const { epoch, offset, messageId } = this.#head;
    const publication: Publication = {
      epoch,
      offset: offset + 1,
      messageId: draft.messageId,
      previousOffset: offset,
      previousId: messageId,
      body: draft.body,
    };
    this.#head = { epoch, offset: publication.offset, messageId: draft.messageId };
    this.#publications.push(publication);
    this.#bytes += sizeOf(publication);
    this.#remember(draft, now);
    return { receipt: { ...this.#head, duplicate: false }, publication };
  }

  read(range: HistoryRange): HistoryPage {
    const all = this.#publications;
    const indexOf = (offset: number) => Math.max(0, all.length - (this.#head.offset - offset));
    if (range.from === 'after') {
      const start = indexOf(range.offset);
      const publications = all.slice(start, start + range.limit);
      return { head: this.#head, publications, more: Math.max(0, all.length - start - publications.length) };
    }
    const end = range.from === 'newest' ? all.length : Math.min(all.length, indexOf(range.offset - 1));
    const start = Math.max(0, end - range.limit);
    return { head: this.#head, publications: all.slice(start, end), more: start };
  }

  /** Keeps the newest `size` publications. */
  trim(size: number): void {
    if (this.#publications.length <= size) return;
    const dropped = this.#publications.splice(0, this.#publications.length - size);
    for (const publication of dropped) this.#bytes -= sizeOf(publication);
  }

  #remember(draft: Draft, now: number): void {
    this.#remembered.delete(draft.messageId);
    this.#remembered.set(draft.messageId, {
      receipt: this.#head,
      fingerprint: draft.fingerprint,
      expiresAt: now + draft.rememberMs,
    });
    this.#bytes += REMEMBERED_OVERHEAD;
  }

  /** Oldest first; a short-lived one behind a long-lived one waits for it, which only costs memory. */
  #forgetExpired(now: number): void {
    for (const [messageId, { expiresAt }] of this.#remembered) {
      if (expiresAt > now) return;
      this.#remembered.delete(messageId);
      this.#bytes -= REMEMBERED_OVERHEAD;
    }
  }
}

function sizeOf(publication: Publication): number {
  return publication.body.length + ENTRY_OVERHEAD;
}
