// The page's timeline and the span of it that is in the document: each message once, in order, whatever comes when.
import { describe, expect, it } from '@jest/globals';
import { array, assert, boolean, constantFrom, property } from 'fast-check';
import type { Message } from '../../client/src/index.js';
import { around, earlier, follow, later, latest, type Span, SPAN_SIZE } from '../../web/src/model/span.js';
import { Timeline } from '../../web/src/model/timeline.js';

function message(offset: number, epoch = 'e'): Message {
  return { messageId: `${epoch}${offset}`, epoch, offset } as Message;
}

const messages = (from: number, to: number, epoch = 'e') =>
  Array.from({ length: to - from + 1 }, (_, at) => message(from + at, epoch));

const shown = (timeline: Timeline) =>
  timeline
    .slice(timeline.span)
    .map((entry) => (entry.kind === 'message' ? entry.message.offset : entry.text));

describe('a timeline', () => {
  it('has each message once, and in order, however pages and live messages overlap', () => {
    const timeline = new Timeline();
    timeline.append(message(10));
    timeline.prepend(messages(7, 11), true);
    timeline.append(message(11));
    timeline.append(message(11));
    timeline.prepend(messages(4, 8), false);
    expect(shown(timeline)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(timeline.more).toBe(false);
    expect([timeline.oldest?.offset, timeline.newest?.offset]).toEqual([4, 11]);
  });

  it('leaves every entry its number when older ones come', () => {
    const timeline = new Timeline();
    timeline.prepend(messages(5, 6), true);
    const number = timeline.indexFrom('e', 6)!;
    timeline.prepend(messages(1, 4), false);
    expect(timeline.indexFrom('e', 6)).toBe(number);
    expect(timeline.at(number)).toMatchObject({ message: { offset: 6 } });
    expect(timeline.at(number - 5)).toMatchObject({ message: { offset: 1 } });
    expect(timeline.at(number + 1)).toBeUndefined();
  });

  it('goes on behind another epoch', () => {
    const timeline = new Timeline();
    timeline.prepend(messages(1, 2), false);
    timeline.notice('lost');
    timeline.append(message(2, 'f'));
    timeline.prepend(messages(1, 2, 'f'), false);
    expect(shown(timeline)).toEqual([1, 2, 'lost', 1, 2]);
    expect(timeline.oldest).toMatchObject({ epoch: 'f', offset: 1 });
    expect(timeline.indexFrom('f', 3)).toBeUndefined();
  });

  it('holds a bounded number, and says that there are more', () => {
    const timeline = new Timeline();
    timeline.prepend([], false);
    for (const one of messages(1, 10_001)) timeline.append(one);
    expect(timeline.slice(timeline.span)).toHaveLength(9_001);
    expect(timeline.more).toBe(true);
    expect(timeline.has('e1')).toBe(false);
    expect(timeline.oldest?.offset).toBe(1_001);
  });

  it('is empty after it was cleared, and takes the same again', () => {
    const timeline = new Timeline();
    timeline.prepend(messages(1, 3), false);
    timeline.clear();
    expect([shown(timeline), timeline.more]).toEqual([[], true]);
    timeline.prepend(messages(2, 3), true);
    expect(shown(timeline)).toEqual([2, 3]);
  });
});

describe('a span', () => {
  const all = { start: -500, end: 500 };

  it('moves by steps that overlap', () => {
    const start = latest(all);
    expect(start).toEqual({ start: 500 - SPAN_SIZE, end: 500 });
    const up = earlier(start, all);
    expect(up.start).toBeLessThan(start.start);
    expect(up.end).toBeGreaterThan(start.start);
    expect(later(up, all)).toEqual(start);
    expect(around(0, all)).toEqual({ start: -SPAN_SIZE / 2, end: SPAN_SIZE / 2 });
  });

  it('stays where the reader is, and follows who is at the end', () => {
    const span = latest(all);
    const more = { start: -500, end: 510 };
    expect(follow(span, all, more, true)).toEqual(latest(more));
    expect(follow(span, all, more, false)).toEqual({ start: span.start, end: 510 });
    const up = earlier(span, all);
    expect(follow(up, all, more, false)).toEqual(up);
  });

  it('is always bounded, and within what there is', () => {
    const act = constantFrom('earlier', 'later', 'older', 'newer', 'trim', 'end');
    assert(
      property(array(act, { maxLength: 300 }), boolean(), (acts, pinned) => {
        let everything: Span = { start: 0, end: 50 };
        let span = latest(everything);
        for (const one of acts) {
          const before = everything;
          if (one === 'older') everything = { start: everything.start - 100, end: everything.end };
          if (one === 'newer') everything = { start: everything.start, end: everything.end + 70 };
          if (one === 'trim')
            everything = { start: Math.min(everything.start + 90, everything.end), end: everything.end };
          span = follow(span, before, everything, pinned);
          if (one === 'earlier') span = earlier(span, everything);
          if (one === 'later') span = later(span, everything);
          if (one === 'end') span = latest(everything);
          expect(span.end - span.start).toBeLessThanOrEqual(2 * SPAN_SIZE);
          expect(span.start).toBeGreaterThanOrEqual(everything.start);
          expect(span.end).toBeLessThanOrEqual(everything.end);
          expect(span.end).toBeGreaterThanOrEqual(span.start);
        }
      }),
    );
  });
});
