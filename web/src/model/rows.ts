// How messages follow one another on the page: grouped by sender, days apart.
import type { Entry } from './timeline.js';

/** Messages of one sender within it belong together. */
const GROUP_MS = 5 * 60_000;

export interface Placement {
  /** Begins another day than the one before. */
  readonly day: boolean;
  /** Begins a group: shows whose it is. */
  readonly first: boolean;
  /** Ends a group. */
  readonly last: boolean;
}

export function placementOf(before: Entry | undefined, entry: Entry, after: Entry | undefined): Placement {
  return {
    day: entry.kind === 'message' && dayOf(before) !== dayOf(entry),
    first: !belongTogether(before, entry),
    last: !belongTogether(entry, after),
  };
}

function belongTogether(one: Entry | undefined, next: Entry | undefined): boolean {
  if (one?.kind !== 'message' || next?.kind !== 'message') return false;
  const [a, b] = [one.message, next.message];
  return (
    a.sender.id === b.sender.id &&
    a.sender.name === b.sender.name &&
    Date.parse(b.sentAt) - Date.parse(a.sentAt) < GROUP_MS &&
    dayOf(one) === dayOf(next)
  );
}

function dayOf(entry: Entry | undefined): string | undefined {
  return entry?.kind === 'message' ? new Date(entry.message.sentAt).toDateString() : undefined;
}

/** `Today`, `Yesterday`, or the date, in the reader's language but for those two words. */
export function dayName(sentAt: string, now = new Date()): string {
  const date = new Date(sentAt);
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return date.toLocaleDateString(undefined, { weekday: 'long', month: 'long', day: 'numeric', ...year });
}
