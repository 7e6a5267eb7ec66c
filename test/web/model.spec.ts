// What the page works out without a browser: its words, links, looks, groups, and which rows are in the document.
import { describe, expect, it } from '@jest/globals';
import type { Message } from '../../client/src/index.js';
import { hueOf, initialsOf } from '../../web/src/model/look.js';
import { dayName, placementOf } from '../../web/src/model/rows.js';
import { isFewEmoji, partsOf } from '../../web/src/model/text-parts.js';
import type { Entry } from '../../web/src/model/timeline.js';
import { inWords, stateInWords, typingInWords } from '../../web/src/model/words.js';

describe('partsOf', () => {
  it.each([
    ['no link', [{ text: 'no link' }]],
    ['', []],
    ['see https://a.example/b?c=d#e now', ['see ', 'https://a.example/b?c=d#e', ' now']],
    ['(https://a.example).', ['(', 'https://a.example', ').']],
    ['https://a.example/x_(y), ok', ['https://a.example/x_(y)', ', ok']],
    ['HTTP://A.EXAMPLE/', ['HTTP://A.EXAMPLE/']],
    ['javascript:alert(1)', ['javascript:alert(1)']],
    ['https://user:secret@a.example/', ['https://user:secret@a.example/']],
    ['https://', ['https://']],
  ])('%s', (text, expected) => {
    const parts = partsOf(text);
    expect(parts.map((part) => part.text)).toEqual(
      expected.map((part) => (typeof part === 'string' ? part : part.text)),
    );
    expect(parts.map((part) => part.text).join('')).toBe(text);
  });

  it('links only to http and https', () => {
    const text =
      'https://a.example http://b.example ftp://c.example javascript:x data:text/html,x https://u@d.example';
    const links = partsOf(text).flatMap(({ href }) => href ?? []);
    expect(links).toEqual(['https://a.example/', 'http://b.example/']);
  });
});

describe('isFewEmoji', () => {
  it.each(['👋', '🚀🚀', '👩‍👩‍👧‍👦 🇨🇭', ' 🎉 '])('%s', (text) => expect(isFewEmoji(text)).toBe(true));
  it.each(['', ' ', '5', '#', 'hi 👋', '👋👋👋👋', '🎉'.repeat(5_000)])('not %s', (text) =>
    expect(isFewEmoji(text)).toBe(false),
  );
});

describe('looks', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['Margaret H.', 'MH'],
    ['雪 Yuki', '雪Y'],
    ['👩‍🚀 Sam', '👩‍🚀S'],
    ['<script>', 'S'],
    ['---', '-'],
    [' ', '?'],
  ])('%s has the initials %s', (name, initials) => expect(initialsOf(name)).toBe(initials));

  it('gives an id one hue, and spreads ids', () => {
    const hues = Array.from({ length: 100 }, (_, nth) => hueOf(`u-${nth}`));
    expect(hueOf('u-1')).toBe(hues[1]);
    expect(hues.every((hue) => Number.isInteger(hue) && hue >= 0 && hue <= 360)).toBe(true);
    expect(new Set(hues.map((hue) => Math.floor(hue / 30))).size).toBeGreaterThan(8);
  });
});

function entry(sender: string, sentAt: string): Entry {
  const message = { messageId: sentAt, sender: { id: sender, name: sender }, sentAt } as Message;
  return { kind: 'message', key: sentAt, message };
}

describe('placementOf', () => {
  const noon = entry('ada', '2026-01-02T12:00:00');

  it('groups what one says within five minutes', () => {
    const next = entry('ada', '2026-01-02T12:04:59');
    expect(placementOf(noon, next, undefined)).toEqual({ day: false, first: false, last: true });
    expect(placementOf(undefined, noon, next)).toEqual({ day: true, first: true, last: false });
  });

  it.each<[string, Entry, boolean]>([
    ['another sender', entry('bob', '2026-01-02T12:00:01'), false],
    ['five minutes', entry('ada', '2026-01-02T12:05:00'), false],
    ['another day', entry('ada', '2026-01-03T12:00:01'), true],
    ['a notice', { kind: 'notice', key: 'n', text: '' }, false],
  ])('%s ends a group', (_name, next, day) => {
    expect(placementOf(undefined, noon, next).last).toBe(true);
    expect(placementOf(noon, next, undefined)).toMatchObject({ first: true, day });
  });

  it('names days', () => {
    const now = new Date('2026-01-02T00:30:00');
    expect(dayName('2026-01-02T00:10:00', now)).toBe('Today');
    expect(dayName('2026-01-01T23:50:00', now)).toBe('Yesterday');
    expect(dayName('2025-12-24T12:00:00', now)).toContain('2025');
  });
});

describe('words', () => {
  it('says errors and states in sentences', () => {
    expect(inWords({ code: 'MESSAGE_TOO_LARGE', message: 'x' })).toBe('This message is too long.');
    expect(inWords({ code: 'DISCONNECTED', closeCode: 4503 })).toBe('You were disconnected by a moderator.');
    expect(inWords({ code: 'DISCONNECTED', cause: { code: 'FORBIDDEN' } })).toBe(
      'You are not allowed to do this here.',
    );
    expect(inWords({ code: 'BAD_REQUEST', message: 'room must be a string' })).toBe('room must be a string.');
    expect(inWords(undefined)).toBe('Something went wrong.');
    expect(stateInWords({ status: 'connecting', attempt: 2 })).toBe('Connecting again…');
    expect(stateInWords({ status: 'closed' })).toBe('Disconnected.');
  });

  it.each([
    [[], ''],
    [['Ada'], 'Ada is typing…'],
    [['Ada', 'Bob'], 'Ada and Bob are typing…'],
    [['Ada', 'Bob', 'Eve'], 'Ada, Bob and one more are typing…'],
    [['Ada', 'Bob', 'Eve', 'Sam'], 'Several people are typing…'],
  ])('%j type', (names, words) => expect(typingInWords(names)).toBe(words));
});
