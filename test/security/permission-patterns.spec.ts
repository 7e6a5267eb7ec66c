// The patterns of a token's `rooms` claim, compared with regular expressions, and at their worst.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Action, Permissions } from '../../src/core/permissions.js';

const ACTIONS: Action[] = ['read', 'write', 'moderate'];
/** What may be in a room id, and what means something in a regular expression among it. */
const LETTERS = ['a', 'b', '.', '-'];

/** What a pattern means, said another way. */
function reference(claim: Record<string, readonly string[]>, room: string, action: Action): boolean {
  return Object.entries(claim).some(([pattern, actions]) => {
    const pieces = pattern
      .split('*')
      .map((piece) => piece.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
    return actions.includes(action) && new RegExp(`^${pieces.join('.*')}$`, 's').test(room);
  });
}

const pattern = fc.string({ unit: fc.constantFrom(...LETTERS, '*'), maxLength: 6 });
const room = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 6 });
const actions = fc.subarray([...ACTIONS, 'admin', '*']);

function rightsIn(permissions: Permissions, name: string): Action[] {
  return ACTIONS.filter((action) => permissions.allows(name, action));
}

function claimOf(patterns: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: patterns }, (_, index) => [`room-${index}`, ['read']]));
}

describe('a claim', () => {
  it('allows what regular expressions for its patterns would', () => {
    const claim = fc.dictionary(pattern, actions, { maxKeys: 4, noNullPrototype: true });
    let allowed = 0;
    fc.assert(
      fc.property(claim, room, fc.constantFrom(...ACTIONS), (rooms, name, action) => {
        const expected = reference(rooms, name, action);
        if (expected) allowed++;
        return Permissions.fromClaim(rooms).allows(name, action) === expected;
      }),
      { numRuns: 20_000 },
    );
    // Neither answer is so rare that it was not tried.
    expect(allowed).toBeGreaterThan(500);
    expect(allowed).toBeLessThan(19_500);
  });

  it.each([
    ['general', 'general', true],
    ['general', 'general2', false],
    ['general', 'genera', false],
    ['general', 'General', false],
    ['team-*', 'team-', true],
    ['team-*', 'team-a', true],
    ['team-*', 'team', false],
    ['team-*', 'a-team-b', false],
    ['*-team', 'a-team', true],
    ['*-team', 'a-team2', false],
    ['*', 'anything.at:all', true],
    ['**', 'a', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'acb', false],
    ['*a*', 'bab', true],
    ['a.c', 'abc', false],
    ['a?c', 'abc', false],
    ['[ab]', 'a', false],
    ['', 'a', false],
    ['a|b', 'a', false],
    ['^a$', 'a', false],
    ['__proto__', 'a', false],
  ])('with the pattern "%s" and the room %s: %p', (name, asked, expected) => {
    // As a token brings it: JSON makes __proto__ a member like any other.
    const claim: unknown = JSON.parse(`{${JSON.stringify(name)}:["read"]}`);
    expect(Permissions.fromClaim(claim).allows(asked, 'read')).toBe(expected);
  });

  it('adds up what several patterns allow, and no right implies another', () => {
    const permissions = Permissions.fromClaim({
      'a*': ['read'],
      '*b': ['write'],
      mod: ['moderate'],
      none: [],
    });
    const rights = (name: string): Action[] => rightsIn(permissions, name);
    expect(rights('ab')).toEqual(['read', 'write']);
    expect(rights('a')).toEqual(['read']);
    expect(rights('b')).toEqual(['write']);
    expect(rights('mod')).toEqual(['moderate']);
    expect(rights('none')).toEqual([]);
    expect(rights('c')).toEqual([]);
  });

  it('without a known right allows nothing', () => {
    const claim = { '*': ['READ', 'all', '*', null, 5, ['read'], { read: true }] };
    expect(ACTIONS.filter((action) => Permissions.fromClaim(claim).allows('a', action))).toEqual([]);
  });

  it.each([
    null,
    undefined,
    5,
    'all',
    true,
    [],
    [['a', ['read']]],
    { a: 'read' },
    { a: null },
    { a: { 0: 'read' } },
  ])('%j is no claim', (claim) => {
    expect(() => Permissions.fromClaim(claim)).toThrow(TypeError);
  });

  it('of 100 patterns is fine, of 101 not', () => {
    expect(Permissions.fromClaim(claimOf(100)).allows('room-99', 'read')).toBe(true);
    expect(() => Permissions.fromClaim(claimOf(101))).toThrow(TypeError);
  });

  it.each([
    ['asterisks between letters', 'a*'.repeat(2_000), 'a'.repeat(128)],
    ['asterisks alone', '*'.repeat(8_000), 'a'.repeat(128)],
    ['what backtracks', `${'*a'.repeat(60)}b`, 'a'.repeat(128)],
    ['pairs that almost fit', `${'*ab'.repeat(2_000)}*c`, 'ab'.repeat(64)],
    ['a long piece', `*${'a'.repeat(4_000)}*`, 'a'.repeat(128)],
  ])('cannot be made slow by %s', (_name, hard, name) => {
    const claim = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`${hard}${index}`, ['read']]),
    );
    const permissions = Permissions.fromClaim(claim);
    const begin = performance.now();
    for (let nth = 0; nth < 10; nth++) expect(permissions.allows(name, 'read')).toBe(false);
    // A thousand matches; one that backtracks would not end at all.
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});

describe('the defaults', () => {
  it('open is everything but to moderate, closed is nothing', () => {
    expect(rightsIn(Permissions.OPEN, 'any.room')).toEqual(['read', 'write']);
    expect(rightsIn(Permissions.NONE, 'any.room')).toEqual([]);
  });
});
