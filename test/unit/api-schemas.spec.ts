// The documents' schemas let through what the server's own checks do, and nothing else; and nothing is undescribed.
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { asyncApi } from '../../src/app/documents/asyncapi.js';
import { referredTo, schemaOfClass, schemasOfTypes } from '../../src/app/documents/schemas.js';
import { type CheckedClass, MemberCheck } from '../../src/core/member-check.js';
import * as commands from '../../src/gateway/commands.dto.js';
import * as requests from '../../src/http/requests.js';

const CLASSES = Object.entries({ ...commands, ...requests }) as [string, CheckedClass][];
const types = schemasOfTypes();
const { components } = asyncApi('0.0.0', types);

function validatorOf(schema: object): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false });
  const schemas = { schemas: referredTo(schema, types) };
  const validate = ajv.compile({ ...schema, components: schemas });
  return (value) => validate(value);
}

/** Good values of all members, near misses, and any other JSON. */
const value = fc.oneof(
  fc.constantFrom(
    'general',
    'a:b@c.d-e_f',
    '',
    '.x',
    'x'.repeat(128),
    'x'.repeat(129),
    'm\u0007',
    'é',
    'Ada',
  ),
  fc.constantFrom<unknown>(0, 1, -1, 1.5, 300, 2 ** 53 - 1, 2 ** 53, true, false, null, {}, []),
  fc.record({ epoch: fc.string(), offset: fc.integer() }),
  fc.record({ epoch: fc.string(), offset: fc.nat(), messageId: fc.string() }),
  fc.record({ id: fc.string({ maxLength: 3 }), name: fc.string({ maxLength: 3 }) }),
  fc.record({ id: fc.constant('u-1'), name: fc.constantFrom('x'.repeat(64), 'x'.repeat(65), '') }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One of which each class is content. */
const GOOD: Readonly<Record<string, unknown>> = {
  room: 'general',
  message: 'Hello',
  typing: true,
  token: 'x',
  user: 'u-1',
  username: 'Ada',
};

describe.each(CLASSES)('the schema of %s', (_name, checked) => {
  const check = new MemberCheck(checked);
  const accepts = validatorOf(schemaOfClass(checked));
  const good = Object.fromEntries(Object.entries(GOOD).filter(([name]) => check.members.includes(name)));
  const changes = fc.dictionary(fc.constantFrom(...check.members, 'other'), value, {
    maxKeys: 3,
    noNullPrototype: true,
  });
  const without = fc.option(fc.constantFrom(...check.members), { freq: 3 });
  const members = fc.tuple(changes, without).map(([changed, name]) => {
    const { [name ?? '']: _removed, ...rest } = { ...good, ...changed };
    return rest;
  });

  it('agrees with the check', () => {
    let accepted = 0;
    const agrees = (body: Record<string, unknown>): void => {
      let verdict = true;
      try {
        check.verify(body);
      } catch {
        verdict = false;
      }
      if (verdict) accepted++;
      expect(accepts(body)).toBe(verdict);
    };
    fc.assert(fc.property(members, agrees), { numRuns: 2_000 });
    expect(accepted).toBeGreaterThan(20);
  });
});

describe.each(Object.values(components.messages))('the message $name', (message) => {
  it('is described, and its examples are such messages', () => {
    expect(`${message.summary ?? ''}${message.description ?? ''}`).toMatch(/\w+ \w+/);
    expect(message.examples.length).toBeGreaterThan(0);
    const accepts = validatorOf(message.payload);
    for (const { payload } of message.examples) expect([payload, accepts(payload)]).toEqual([payload, true]);
    expect(accepts({ ...message.examples[0]!.payload!, type: 'ANOTHER' })).toBe(false);
  });
});
