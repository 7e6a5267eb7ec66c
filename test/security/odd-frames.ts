// Arbitraries of frames: commands with anything in their members, texts that were almost commands, and raw bytes.
import * as fc from 'fast-check';
import { frameOf } from '../support/raw-socket.js';
import { goodToken } from './forge.js';

const TYPES = [
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'SEND_MESSAGE',
  'HISTORY',
  'MEMBERS',
  'TYPING',
  'AUTH',
  'KICK',
  'PING',
];
const ODD_TYPES = [
  '',
  'NO_SUCH',
  'subscribe',
  '__proto__',
  'constructor',
  'toString',
  'ERROR',
  'MESSAGE',
  'PING\0',
];
export const ROOMS = ['general', 'a', 'team-1', 'x'.repeat(128)];
const ODD_ROOMS = ['', '*', '!control', '!kicks', '__proto__', 'x'.repeat(129), 'a b', '\0', '\ud800', 'é'];
const NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.5,
  300,
  301,
  1e9,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e308,
  -1e308,
  Number.MIN_VALUE,
];

const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.integer(), fc.double());
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom('\ud800', '\udfff', '\0', '\u202e', '"', '\\', '😀', '\uFEFF'),
    maxLength: 20,
  }),
  fc.constantFrom(100, 9_000).map((length) => 'x'.repeat(length)),
);
const json = fc.jsonValue({ maxDepth: 10, noUnicodeString: false }) as fc.Arbitrary<unknown>;
export const value = fc.oneof(
  { arbitrary: number, weight: 2 },
  text,
  json,
  fc.constantFrom(null, true, false, [], {}),
);

/** Mostly what a member should be, sometimes anything. */
export function mostly(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary, weight: 15 }, { arbitrary: value, weight: 1 });
}

export const room = fc.oneof(
  { arbitrary: fc.constantFrom(...ROOMS), weight: 9 },
  fc.constantFrom(...ODD_ROOMS),
);
const count = fc.integer({ min: 1, max: 400 });
const MEMBERS: Record<string, fc.Arbitrary<unknown>> = {
  id: mostly(fc.oneof(fc.nat(), fc.string({ maxLength: 70 }))),
  room: mostly(room),
  roomId: mostly(room),
  message: mostly(text),
  data: mostly(fc.dictionary(text, value, { maxKeys: 5 })),
  messageId: mostly(fc.string({ maxLength: 70 })),
  since: mostly(fc.record({ epoch: mostly(fc.string()), offset: mostly(fc.nat()) })),
  history: mostly(count),
  before: mostly(count),
  after: mostly(count),
  limit: mostly(count),
  typing: mostly(fc.boolean()),
  token: mostly(fc.constantFrom('', 'forged', goodToken({ sub: 'u-fuzz' }), goodToken({ sub: 'u-other' }))),
  user: mostly(fc.constantFrom('u-fuzz', 'u-nobody', '')),
  ['__proto__']: json,
  constructor: json,
};

/** Members of commands, any of which may be missing or odd. */
export const members: fc.Arbitrary<object> = fc.record(MEMBERS, { requiredKeys: ['room'] });

/** The JSON of a command of which any member may be missing or odd. */
export const commandText: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof({ arbitrary: fc.constantFrom(...TYPES), weight: 9 }, mostly(fc.constantFrom(...ODD_TYPES))),
    members,
  )
  .map(([type, some]) => JSON.stringify({ type, ...some }) ?? 'null');

/** Some of its characters replaced, removed or doubled. */
export function mutated(source: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 }));
  return fc.tuple(source, fc.array(change, { minLength: 1, maxLength: 6 })).map(([original, changes]) =>
    changes.reduce((current, [position, length, insert]) => {
      const at = position % (current.length + 1);
      return current.slice(0, at) + insert + current.slice(at + length);
    }, original),
  );
}

const nested = fc.nat(2_000).map((depth) => `{"type":"PING","x":${'['.repeat(depth)}${']'.repeat(depth)}}`);
const big = fc
  .nat(5_000)
  .map((keys) => `{"type":"PING",${Array.from({ length: keys }, (_, key) => `"k${key}":0,`).join('')}"x":0}`);

/** Anything that can stand in a text frame, most of it close to a command. */
export const frameText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: commandText, weight: 6 },
  { arbitrary: mutated(commandText), weight: 6 },
  { arbitrary: text, weight: 2 },
  { arbitrary: fc.json({ maxDepth: 12 }), weight: 2 },
  nested,
  big,
);

const opcode = fc.oneof({ arbitrary: fc.constantFrom(0, 1, 8, 9, 10), weight: 5 }, fc.nat(15));
const wellFormed = commandText.map((payload) => frameOf(payload));
const malformed = fc
  .record({
    payload: fc.oneof(
      frameText.map((payload) => Buffer.from(payload)),
      fc.uint8Array({ maxLength: 300 }),
    ),
    opcode,
    fin: fc.boolean(),
    rsv: fc.oneof({ arbitrary: fc.constant(0), weight: 5 }, fc.nat(7)),
    masked: fc.oneof({ arbitrary: fc.constant(true), weight: 9 }, fc.constant(false)),
    declaredLength: fc.option(fc.oneof(fc.nat(200), fc.constantFrom(65_536, 2 ** 32, 2 ** 53)), {
      nil: undefined,
      freq: 8,
    }),
  })
  .map(({ payload, declaredLength, ...options }) =>
    frameOf(Buffer.from(payload), { ...options, ...(declaredLength !== undefined && { declaredLength }) }),
  );
const flipped = fc
  .tuple(wellFormed, fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 8 }))
  .map(([frame, flips]) => {
    for (const [position, bit] of flips) frame[position % frame.length]! ^= 1 << bit;
    return frame;
  });

/** The bytes of what may pass for a frame. */
export const frameBytes: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: wellFormed, weight: 4 },
  { arbitrary: malformed, weight: 3 },
  { arbitrary: flipped, weight: 2 },
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
);
