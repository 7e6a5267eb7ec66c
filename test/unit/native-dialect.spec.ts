// The native dialect: what it reads, what it refuses, and the exact text it writes.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { CommandRef, Request } from '../../src/protocol/commands.js';
import { MalformedFrame } from '../../src/protocol/dialects/dialect.js';
import { native } from '../../src/protocol/dialects/native.js';
import { ChatError } from '../../src/protocol/errors.js';
import type { Ack, History, Subscribed } from '../../src/protocol/events.js';
import type { Publication } from '../../src/protocol/position.js';

const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((each) => each.isWellFormed());
const data = fc.dictionary(fc.oneof(text, fc.constant('__proto__')), fc.jsonValue({ maxDepth: 4 }), {
  maxKeys: 5,
});
const body = fc
  .record({
    messageId: text,
    sender: fc.record({ id: text, name: text }),
    message: text,
    data: fc.option(data),
    sentAt: text,
  })
  .map(({ data: given, sentAt, ...rest }) =>
    JSON.stringify({ ...rest, ...(given && { data: given }), sentAt }),
  );
const room = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}$/);
const offset = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

function publicationOf(json: string, at: number): Publication {
  const names = { messageId: 'id', previousOffset: at - 1, previousId: '' };
  return { epoch: 'e', offset: at, ...names, body: Buffer.from(json) };
}

/** The frame as it would be without splicing. */
function messageFrame(name: string, at: number, json: string): string {
  const parsed: unknown = JSON.parse(json);
  const head = JSON.stringify({ type: 'MESSAGE', room: name, offset: at });
  return `${head.slice(0, -1)},${JSON.stringify(parsed).slice(1)}`;
}

/** The members of a good command. */
function bodyOf(frame: string): Readonly<Record<string, unknown>> {
  const request = native.decode(frame);
  if (!request.type) throw request.refusal;
  return request.body;
}

function pingOf(ref: CommandRef | undefined): Request {
  return { type: 'PING', ref, body: {} };
}

/** What `decode` throws, or undefined. */
function refusal(frame: string): MalformedFrame | undefined {
  try {
    native.decode(frame);
    return undefined;
  } catch (error) {
    if (error instanceof MalformedFrame) return error;
    throw error;
  }
}

function nested(levels: number, [open, close]: readonly [string, string]): string {
  return `{"type":"X","a":${open.repeat(levels - 1)}${close.repeat(levels - 1)}}`;
}

describe('what the native dialect writes', () => {
  it('are messages spliced from their stored bodies, as if each was stringified', () => {
    fc.assert(
      fc.property(room, offset, body, (name, at, json) => {
        const frame = native.encodePublication(name, publicationOf(json, at)).toString();
        expect(frame).toBe(messageFrame(name, at, json));
        const { type, room: told, offset: number, ...rest }: Record<string, unknown> = JSON.parse(frame);
        expect([type, told, number]).toEqual(['MESSAGE', name, at]);
        expect(JSON.stringify(rest)).toBe(JSON.stringify(JSON.parse(json)));
      }),
      { numRuns: 500 },
    );
  });

  it('are histories spliced from the same', () => {
    fc.assert(
      fc.property(room, fc.array(body, { maxLength: 4 }), fc.boolean(), (name, bodies, more) => {
        const messages = bodies.map((json, index) => publicationOf(json, index + 1));
        const reply: History = { type: 'HISTORY', room: name, epoch: 'e"\\', messages, more };
        const frame = native.encodeReply(reply, pingOf('ref"'))?.toString() ?? '';
        const spliced = bodies.map((json, index) => messageFrame(name, index + 1, json)).join(',');
        const head = JSON.stringify({ type: 'HISTORY', id: 'ref"', room: name, epoch: 'e"\\' });
        expect(frame).toBe(`${head.slice(0, -1)},"messages":[${spliced}],"more":${more}}`);
        const parsed: { messages: unknown[] } = JSON.parse(frame);
        expect(parsed.messages).toHaveLength(bodies.length);
      }),
    );
  });

  it('are replies which carry the id of their command, where it had one', () => {
    const reply: Subscribed = {
      type: 'SUBSCRIBED',
      room: 'a',
      epoch: 'e',
      offset: 0,
      replayed: 0,
      members: 1,
    };
    const rest = '"room":"a","epoch":"e","offset":0,"replayed":0,"members":1}';
    expect(native.encodeReply(reply, pingOf(7))).toBe(`{"type":"SUBSCRIBED","id":7,${rest}`);
    expect(native.encodeReply(reply, pingOf(0))).toBe(`{"type":"SUBSCRIBED","id":0,${rest}`);
    expect(native.encodeReply(reply, pingOf(''))).toBe(`{"type":"SUBSCRIBED","id":"",${rest}`);
    expect(native.encodeReply(reply, pingOf(undefined))).toBe(`{"type":"SUBSCRIBED",${rest}`);
  });

  it('is no ACK for a send which did not ask for one', () => {
    const ack: Ack = { type: 'ACK', room: 'a', epoch: 'e', offset: 1, messageId: 'm', duplicate: false };
    expect(native.encodeReply(ack, pingOf(undefined))).toBeUndefined();
    expect(native.encodeReply(ack, pingOf(1))).toBe(
      '{"type":"ACK","id":1,"room":"a","epoch":"e","offset":1,"messageId":"m","duplicate":false}',
    );
  });

  it('are errors which show their code, and nothing of their cause', () => {
    const error = new ChatError('UNAVAILABLE', 'try again', { cause: new Error('10.0.0.7 is down') });
    const frame: Record<string, unknown> = JSON.parse(native.encodeError(error, pingOf('ref')).toString());
    expect(frame).toEqual({
      type: 'ERROR',
      id: 'ref',
      code: 'UNAVAILABLE',
      message: 'try again',
      retryable: true,
    });
    const plain = native.encodeError(new ChatError('CONFLICT', 'no'), undefined).toString();
    expect(JSON.parse(plain)).toEqual({ type: 'ERROR', code: 'CONFLICT', message: 'no', retryable: false });
  });
});

describe('what the native dialect reads', () => {
  it('is any object with a type of ours, as it is', () => {
    const members = fc.dictionary(
      fc.constantFrom('room', 'message', 'data', 'x', ''),
      fc.jsonValue({ maxDepth: 5 }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.integer(), text), members, (id, rest) => {
        const frame = JSON.stringify({ ...rest, type: 'HISTORY', id });
        const { room: named, ...expected }: Record<string, unknown> = JSON.parse(frame);
        expect(native.decode(frame)).toMatchObject({ type: 'HISTORY', ref: id, body: expected });
        expect(bodyOf(frame)['room']).toEqual(named);
      }),
    );
  });

  it('knows a room by either name', () => {
    expect(bodyOf('{"type":"PING","roomId":"a"}')['room']).toBe('a');
    expect(bodyOf('{"type":"PING","room":"a","roomId":"b"}')['room']).toBe('a');
    expect(bodyOf('{"type":"PING"}')['room']).toBeUndefined();
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '[{"type":"X"}]',
    '"X"',
    '1',
    'true',
    '{"type":"X"} {}',
    '{"type":1}',
    '{}',
    '{"type":null}',
  ])('is not %j', (frame) => {
    expect(refusal(frame)).toMatchObject({ code: 'BAD_REQUEST', request: { ref: undefined } });
  });

  it('refuses whatever it cannot read in one way only', () => {
    const pieces = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"type"', ':', '"X"', ',', '1e999', '"\\ud800"', 'null'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          pieces.map((each) => each.join('')),
        ),
        (frame) => {
          const error = refusal(frame);
          expect(error === undefined || error.code === 'BAD_REQUEST').toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['objects', '{"a":', '}'],
    ['lists', '[', ']'],
  ])('may be eight levels deep, of %s', (_name, open, close) => {
    const inner = (levels: number): string =>
      open === '['
        ? nested(levels, ['[', ']'])
        : `{"type":"X","a":${'{"a":'.repeat(levels - 2)}{}${close.repeat(levels - 2)}}`;
    expect(refusal(inner(8))).toBeUndefined();
    expect(refusal(inner(9))).toMatchObject({ code: 'BAD_REQUEST' });
    expect(refusal(inner(20_000))).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it.each([
    ['a lone surrogate', '{"type":"X","id":1,"message":"\\ud83d"}'],
    ['a lone surrogate, the second half', '{"type":"X","id":1,"message":"\\ude00\\ud83d"}'],
    ['a lone surrogate in a name', '{"type":"X","id":1,"data":{"\\ud83d":1}}'],
    ['a lone surrogate in a list', '{"type":"X","id":1,"data":{"a":[["\\ud83d"]]}}'],
    ['a lone surrogate in the type', '{"type":"\\ud83d","id":1}'],
    ['a number beyond all', '{"type":"X","id":1,"data":{"a":1e400}}'],
    ['a number below all', '{"type":"X","id":1,"data":{"a":[-1e400]}}'],
    ['a type of another kind', '{"type":{},"id":1}'],
  ])('refuses %s, and says to whom', (_name, frame) => {
    expect(refusal(frame)).toMatchObject({ code: 'BAD_REQUEST', request: { ref: 1 } });
  });

  it('takes surrogates in pairs, and the largest number', () => {
    expect(bodyOf('{"type":"PING","message":"\\ud83d\\ude00"}')['message']).toBe('😀');
    expect(bodyOf('{"type":"PING","data":{"a":1.7e308}}')['data']).toEqual({ a: 1.7e308 });
  });

  it.each(['"a"', '""', `"${'x'.repeat(64)}"`, '0', '-1', '9007199254740991'])('takes the id %s', (id) => {
    expect(native.decode(`{"type":"X","id":${id}}`).ref).toBe(JSON.parse(id));
  });

  it.each([
    `"${'x'.repeat(65)}"`,
    '1.5',
    '9007199254740992',
    '1e400',
    'null',
    'true',
    '{}',
    '["a"]',
    '"\\ud800"',
  ])('refuses the id %s', (id) => {
    expect(refusal(`{"type":"X","id":${id}}`)).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('lets __proto__ be a name like any other', () => {
    const read = bodyOf('{"type":"PING","__proto__":{"room":"a"},"data":{"__proto__":{"polluted":1}}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(read['room']).toBeUndefined();
    expect(JSON.stringify(read['data'])).toBe('{"__proto__":{"polluted":1}}');
  });
});
