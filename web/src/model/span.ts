// Which entries of a timeline are on the page: a bounded run, in numbers that stay an entry's own.

/** Entries on the page at rest. */
export const SPAN_SIZE = 120;
/** By how many it moves. */
const STEP = 40;
/** How far it grows with new messages, while the reader looks at older ones in it. */
const MAX_SIZE = 2 * SPAN_SIZE;

/** `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export function latest({ start, end }: Span): Span {
  return { start: Math.max(start, end - SPAN_SIZE), end };
}

export function around(index: number, { start, end }: Span): Span {
  const first = Math.max(start, Math.min(index - SPAN_SIZE / 2, end - SPAN_SIZE));
  return { start: first, end: Math.min(end, first + SPAN_SIZE) };
}

export function earlier(span: Span, all: Span): Span {
  const start = Math.max(all.start, span.start - STEP);
  return { start, end: Math.min(span.end, start + SPAN_SIZE) };
}

export function later(span: Span, all: Span): Span {
  const end = Math.min(all.end, span.end + STEP);
  return { start: Math.max(span.start, end - SPAN_SIZE), end };
}

/** After entries came or went: `before` is what all were when the span was taken. */
export function follow(span: Span, before: Span, all: Span, pinned: boolean): Span {
  if (pinned || span.end <= all.start) return latest(all);
  const start = Math.max(span.start, all.start);
  const atEnd = span.end === before.end;
  const end = atEnd ? Math.min(all.end, start + MAX_SIZE) : Math.min(span.end, all.end);
  return { start, end };
}
