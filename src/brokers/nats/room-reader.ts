// Reads a room's log: its end, and pages of its past.
import type { HistoryPage, HistoryRange } from '../../core/broker.js';
import { newEpoch } from '../../core/ids.js';
import { follows, type Position, positionOf, type Publication } from '../../protocol/position.js';
import type { BrokerClock } from './broker-clock.js';
import { decodeRecord, encodeRecord, endOf, type LogRecord, publicationsOf } from './nats-codec.js';
import type { NatsLog, StoredRecord } from './nats-log.js';
import { type NatsNames, tokenOf } from './nats-names.js';

/** Tries of a read while the log is trimmed under it. */
const MAX_TRIES = 5;
/** Probes for the record where a page begins, before the page is read with what lies in front of it. */
const MAX_PROBES = 16;
/** Messages in front of a page which are rather read along than looked for a better start. */
const SLACK = 32;

interface Located extends StoredRecord {
  readonly record: LogRecord;
}

/** What a range comes to in a log: offsets from `first` to `last`, and how many lie beyond. */
interface Wanted {
  readonly first: number;
  readonly last: number;
  readonly more: number;
}

export interface ReaderLimits {
  /** Newest messages kept. */
  readonly size: number;
  /** How long records are kept, ms. */
  readonly ttlMs: number;
}

export class RoomReader {
  constructor(
    private readonly log: NatsLog,
    private readonly names: NatsNames,
    private readonly clock: BrokerClock,
    private readonly limits: ReaderLimits,
  ) {}

  /** The log's end. A room without a log gets one; one in use doesn't expire. */
  async head(room: string): Promise<Position> {
    const { record, storedAt, seq } = await this.#last(room);
    const position = endOf(record);
    if (this.clock.now - storedAt > this.limits.ttlMs / 2) {
      // Somebody else's record does as well.
      await this.log.append(this.#subjectOf(room), encodeRecord(position, []), seq);
    }
    return position;
  }

  /** @throws Error when the log changed too often under the read */
  async page(room: string, range: HistoryRange): Promise<HistoryPage> {
    const subject = this.#subjectOf(room);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const [last, oldest] = await this.#ends(room);
      const head = endOf(last.record);
      const kept = Math.max(firstOffset(oldest), head.offset - this.limits.size + 1);
      const wanted = wantedOffsets(range, kept, head.offset);
      const publications = await this.#read(subject, wanted, oldest, last);
      if (publications) return { head, publications, more: wanted.more };
    }
    throw new Error('the log is trimmed faster than it can be read');
  }

  async #ends(room: string): Promise<[last: Located, oldest: Located]> {
    const last = await this.#last(room);
    const first = await this.log.next(this.#subjectOf(room), 1);
    return [last, first ? located(first) : last];
  }

  async #last(room: string): Promise<Located> {
    const subject = this.#subjectOf(room);
    const stored = await this.log.last(subject);
    if (stored) return located(stored);
    const beginning = { epoch: newEpoch(), offset: 0, messageId: '' };
    await this.log.append(subject, encodeRecord(beginning, []), 0);
    const begun = await this.log.last(subject);
    if (!begun) throw new Error('what was just stored is gone');
    return located(begun);
  }

  /** Undefined when what is wanted was trimmed meanwhile. */
  async #read(
    subject: string,
    { first, last }: Wanted,
    oldest: Located,
    newest: Located,
  ): Promise<Publication[] | undefined> {
    if (first > last) return [];
    const start = await this.#startOf(subject, first, oldest, newest);
    const records = [start];
    if (endOf(start.record).offset < last) {
      // Each has one message at least, but for markers, for which it is read once more.
      for (let from = start.seq + 1, end = endOf(start.record).offset; end < last;) {
        const more = await this.log.read(subject, from, last - end);
        if (more.length === 0) return undefined;
        records.push(...more.map(located));
        end = endOf(records.at(-1)!.record).offset;
        from = records.at(-1)!.seq + 1;
      }
    }
    const all = records.flatMap(({ record }) => publicationsOf(record));
    const publications = all.filter(({ offset }) => offset >= first && offset <= last);
    const whole = publications.length === last - first + 1 && isChain(publications);
    return whole ? publications : undefined;
  }

  /**
   * The record in which an offset is, or one a little before it. The sequences of a room's records are spread over the
   * stream, so it guesses by proportion, and by halves where proportion doesn't lead on.
   */
  async #startOf(subject: string, offset: number, oldest: Located, newest: Located): Promise<Located> {
    if (firstOffset(newest) <= offset) return newest;
    let low = oldest;
    let highSeq = newest.seq;
    let highOffset = firstOffset(newest);
    for (let probe = 0; probe < MAX_PROBES && highSeq - low.seq > 1; probe++) {
      const lowOffset = endOf(low.record).offset;
      if (offset - lowOffset <= SLACK) return low;
      const share = probe % 2 === 0 ? (offset - lowOffset) / (highOffset - lowOffset) : 0.5;
      const guess = low.seq + 1 + Math.floor((highSeq - low.seq - 1) * share);
      const stored = await this.log.next(subject, guess);
      const found = stored && located(stored);
      if (found && firstOffset(found) <= offset) {
        low = found;
      } else {
        highSeq = guess;
        if (found) highOffset = firstOffset(found);
      }
    }
    return low;
  }

  #subjectOf(room: string): string {
    return this.names.logSubject(tokenOf(room));
  }
}

function located(stored: StoredRecord): Located {
  const record = decodeRecord(stored.payload);
  if (!record) throw new Error('a foreign record in the log');
  return { ...stored, record };
}

/** Of a record without messages: the one that comes after it. */
function firstOffset({ record }: Located): number {
  return record.before.offset + 1;
}

function wantedOffsets(range: HistoryRange, oldest: number, newest: number): Wanted {
  if (range.from === 'after') {
    const first = Math.max(range.offset + 1, oldest);
    const last = Math.min(newest, first + range.limit - 1);
    return { first, last, more: Math.max(0, newest - Math.max(last, first - 1)) };
  }
  const last = range.from === 'newest' ? newest : Math.min(range.offset - 1, newest);
  const first = Math.max(oldest, last - range.limit + 1);
  return { first, last, more: Math.max(0, Math.min(first - 1, last) - oldest + 1) };
}

function isChain(publications: readonly Publication[]): boolean {
  return publications.every((publication, index) => {
    const before = publications[index - 1];
    return !before || follows(publication, positionOf(before));
  });
}
