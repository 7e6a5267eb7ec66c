// Reads every client's own log and counts what was promised never to happen.
import type { Acked, LogEntry, RoomLog } from './client-log.js';

export interface Verdict {
  /** Acknowledged messages × members who neither got them nor were told of a break. */
  ackedLost: number;
  /** Messages which a client got twice in a room. */
  duplicates: number;
  /** Messages behind one with a higher offset, or two clients with different messages at one position. */
  outOfOrder: number;
  /** Offsets skipped without a word. */
  silentGaps: number;
  /** Times a client was told of a break: GAP, RESET, recovered: false. */
  told: number;
  /** Resumes answered with recovered: true. */
  recovered: number;
  delivered: number;
  acked: number;
}

/** What is counted across clients: which message stands at a position. */
type Truth = Map<string, string>;

export function check(logs: readonly RoomLog[], acked: readonly Acked[]): Verdict {
  const verdict: Verdict = {
    ackedLost: 0,
    duplicates: 0,
    outOfOrder: 0,
    silentGaps: 0,
    told: 0,
    recovered: 0,
    delivered: 0,
    acked: acked.length,
  };
  const truth: Truth = new Map();
  for (const { room, epoch, offset, messageId } of acked)
    agree(truth, verdict, [room, epoch, offset], messageId);
  const byRoom = groupByRoom(acked);
  for (const log of logs) {
    const seen = checkLog(log, verdict, truth);
    verdict.ackedLost += (byRoom.get(log.room) ?? []).filter((ack) => !accountedFor(ack, seen)).length;
  }
  return verdict;
}

function groupByRoom(acked: readonly Acked[]): Map<string, Acked[]> {
  const byRoom = new Map<string, Acked[]>();
  for (const ack of acked) {
    const known = byRoom.get(ack.room);
    if (known) known.push(ack);
    else byRoom.set(ack.room, [ack]);
  }
  return byRoom;
}

/** What a client knows of a room: ids, and the stretches [from, to] of each epoch which it got or was told of. */
interface Seen {
  readonly ids: Set<string>;
  readonly told: { readonly epoch: string; readonly from: number; readonly to: number }[];
  /** Epochs it was told to have left, whose later fate is not its own. */
  readonly left: Set<string>;
}

function accountedFor({ epoch, offset, messageId }: Acked, seen: Seen): boolean {
  if (seen.ids.has(messageId) || seen.left.has(epoch)) return true;
  return seen.told.some(
    (stretch) => stretch.epoch === epoch && offset >= stretch.from && offset <= stretch.to,
  );
}

function checkLog(log: RoomLog, verdict: Verdict, truth: Truth): Seen {
  const reader = new LogReader(log.room, verdict, truth);
  for (const entry of log.entries) reader.read(entry);
  return reader.seen;
}

/** Walks along one client's log of one room, always knowing what has to come next. */
class LogReader {
  readonly seen: Seen = { ids: new Set(), told: [], left: new Set() };
  #epoch = '';
  #offset = -1;

  constructor(
    private readonly room: string,
    private readonly verdict: Verdict,
    private readonly truth: Truth,
  ) {}

  read(entry: LogEntry): void {
    switch (entry.kind) {
      case 'message':
        return this.#message(entry);
      case 'subscribed':
        return this.#subscribed(entry);
      case 'gap':
        if (entry.from !== this.#offset + 1) this.verdict.silentGaps++;
        return this.#told({ epoch: this.#epoch, offset: entry.to });
      case 'reset':
        return this.#told(entry);
    }
  }

  #message({ epoch, offset, messageId }: Extract<LogEntry, { kind: 'message' }>): void {
    const { verdict, seen } = this;
    verdict.delivered++;
    agree(this.truth, verdict, [this.room, epoch, offset], messageId);
    if (seen.ids.has(messageId)) verdict.duplicates++;
    else if (epoch !== this.#epoch || offset > this.#offset + 1) verdict.silentGaps++;
    else if (offset <= this.#offset) verdict.outOfOrder++;
    seen.ids.add(messageId);
    this.#epoch = epoch;
    this.#offset = offset;
  }

  #subscribed({ epoch, offset, recovered, replayed }: Extract<LogEntry, { kind: 'subscribed' }>): void {
    const from = { epoch, offset: offset - replayed };
    if (recovered === false) this.#told(from);
    else if (recovered === undefined) this.#jump(from);
    else {
      this.verdict.recovered++;
      if (epoch !== this.#epoch || from.offset !== this.#offset) this.verdict.silentGaps++;
    }
  }

  #told(to: { epoch: string; offset: number }): void {
    this.verdict.told++;
    this.#jump(to);
  }

  /** A new member is owed nothing of what came before; one told of a break knows that it misses this much. */
  #jump({ epoch, offset }: { epoch: string; offset: number }): void {
    const same = this.#epoch === epoch;
    if (this.#epoch !== '' && !same) this.seen.left.add(this.#epoch);
    this.seen.told.push({ epoch, from: same ? this.#offset + 1 : 0, to: offset });
    this.#epoch = epoch;
    this.#offset = offset;
  }
}

function agree(truth: Truth, verdict: Verdict, position: [string, string, number], messageId: string): void {
  const key = position.join(' ');
  const known = truth.get(key);
  if (known === undefined) truth.set(key, messageId);
  else if (known !== messageId) verdict.outOfOrder++;
}
