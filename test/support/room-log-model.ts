// A reference model of one room's log: what every broker has to answer, in the simplest words.
import type { Draft, HistoryPage, HistoryRange, Receipt } from '../../src/core/broker.js';
import type { Position, Publication } from '../../src/protocol/position.js';

export class RoomLogModel {
  /** All that was ever stored, oldest first; the log holds the newest `size` of it. */
  readonly published: Publication[] = [];

  constructor(
    private readonly epoch: string,
    private readonly size: number,
  ) {}

  get head(): Position {
    const { epoch } = this;
    const last = this.published.at(-1);
    return { epoch, offset: last?.offset ?? 0, messageId: last?.messageId ?? '' };
  }

  get held(): readonly Publication[] {
    return this.published.slice(-this.size);
  }

  /** For a draft whose messageId, if it was published before, had the same content. */
  publish({ messageId, body }: Draft): Receipt {
    const { epoch, offset, messageId: previousId } = this.head;
    const known = this.published.find((publication) => publication.messageId === messageId);
    if (known) return { epoch, offset: known.offset, messageId, duplicate: true };
    this.published.push({ epoch, offset: offset + 1, messageId, previousOffset: offset, previousId, body });
    return { epoch, offset: offset + 1, messageId, duplicate: false };
  }

  history(range: HistoryRange): HistoryPage {
    const { head, held } = this;
    if (range.from === 'after') {
      const above = held.filter(({ offset }) => offset > range.offset);
      const publications = above.slice(0, range.limit);
      return { head, publications, more: above.length - publications.length };
    }
    const below = range.from === 'newest' ? held : held.filter(({ offset }) => offset < range.offset);
    const publications = range.limit === 0 ? [] : below.slice(-range.limit);
    return { head, publications, more: below.length - publications.length };
  }
}
