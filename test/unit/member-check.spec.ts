// The compiled checks decide as class-validator itself does, for whatever a client may send.
import { describe, expect, it } from '@jest/globals';
import { validateSync } from 'class-validator';
import * as fc from 'fast-check';
import { type CheckedClass, MemberCheck } from '../../src/core/member-check.js';
import * as commands from '../../src/gateway/commands.dto.js';
import { ChatError } from '../../src/protocol/errors.js';

const CLASSES = Object.entries(commands) as [string, CheckedClass][];
const MEMBERS = [
  'room',
  'roomId',
  'since',
  'history',
  'message',
  'data',
  'messageId',
  'before',
  'after',
  'limit',
];
const MORE_MEMBERS = ['token', 'user', 'typing', 'id', 'type', '__proto__', 'constructor', 'toString'];

/** Good values of the members, near misses, and anything. */
const value = fc.oneof(
  fc.constantFrom(
    'general',
    'a:b@c.d-e_f',
    '',
    ' ',
    '.x',
    'x'.repeat(128),
    'x'.repeat(129),
    'm\u0007',
    '{}',
    'é',
  ),
  fc.constantFrom(0, 1, -1, 1.5, 300, 301, 1e9, 2 ** 53, Number.NaN, true, false, null, undefined),
  fc.constantFrom<unknown>(
    {},
    [],
    { epoch: 'e', offset: 1 },
    { epoch: 'e', offset: -1 },
    { epoch: 1, offset: 1 },
  ),
  fc.record({ epoch: fc.string(), offset: fc.nat(), messageId: fc.option(fc.string(), { nil: undefined }) }),
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.anything(),
);
const body = fc.dictionary(fc.constantFrom(...MEMBERS, ...MORE_MEMBERS), value, {
  maxKeys: 12,
  noNullPrototype: true,
});

/** What class-validator says to an object of the class with the members that are the class's own. */
function accepts(command: CheckedClass, members: Record<string, unknown>): boolean {
  const object = new command() as Record<string, unknown>;
  for (const name of Object.keys(object)) if (Object.hasOwn(members, name)) object[name] = members[name];
  return validateSync(object).length === 0;
}

function verdict(check: MemberCheck, members: Record<string, unknown>): string {
  try {
    check.verify(members);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    return error.code;
  }
}

describe.each(CLASSES)('%s', (_name, command) => {
  const check = new MemberCheck(command);

  it('is checked as class-validator would', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(body, (members) => {
        const outcome = verdict(check, members);
        seen.add(outcome);
        expect(outcome === 'accepted').toBe(accepts(command, members));
        expect(['accepted', 'BAD_REQUEST', 'BAD_ROOM']).toContain(outcome);
      }),
      { numRuns: 4_000 },
    );
    expect(seen.has('BAD_REQUEST')).toBe(true);
  });
});
