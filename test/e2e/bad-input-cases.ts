// Text frames that are wrong in one way each, with the error that each has to be answered with.

export interface BadText {
  readonly name: string;
  readonly text: string;
  readonly code: string;
  /** What the error's `id` is; undefined: it has none. */
  readonly id: string | number | undefined;
}

/** Frames which are no command at all: their errors carry an id only where one could be read. */
const notCommands: [name: string, text: string, id?: string | number][] = [
  ['nothing', ''],
  ['only spaces', '   '],
  ['no JSON', 'hello'],
  ['cut off', '{"type":"PING"'],
  ['two objects', '{"type":"PING"}{"type":"PING"}'],
  ['single quotes', "{'type':'PING'}"],
  ['a byte order mark', '\uFEFF{"type":"PING","id":1}'],
  ['a NUL behind it', '{"type":"PING"}\0'],
  ['a bare control character in a string', '{"type":"PI\nNG"}'],
  ['null', 'null'],
  ['true', 'true'],
  ['a number', '42'],
  ['a huge number', '1e400'],
  ['a string', '"PING"'],
  ['an empty array', '[]'],
  ['an array of commands', '[{"type":"PING","id":1}]'],
  ['no type', '{"id":1}', 1],
  ['an empty object', '{}'],
  ['type null', '{"type":null,"id":1}', 1],
  ['type a number', '{"type":1,"id":1}', 1],
  ['type an array', '{"type":["PING"],"id":1}', 1],
  ['type an object', '{"type":{"toString":"PING"},"id":1}', 1],
  ['id an object', '{"type":"PING","id":{}}'],
  ['id an array', '{"type":"PING","id":[1]}'],
  ['id null', '{"type":"PING","id":null}'],
  ['id true', '{"type":"PING","id":true}'],
  ['id a fraction', '{"type":"PING","id":1.5}'],
  ['id beyond a double', '{"type":"PING","id":1e400}'],
  ['id beyond the safe integers', '{"type":"PING","id":9007199254740993}'],
  ['id of 65 characters', `{"type":"PING","id":"${'x'.repeat(65)}"}`],
  [
    'a number beyond a double, in data',
    '{"type":"SEND_MESSAGE","id":1,"room":"mine","message":"x","data":{"n":-1e999}}',
    1,
  ],
  ['a lone surrogate in the message', '{"type":"SEND_MESSAGE","id":1,"room":"mine","message":"\\ud800"}', 1],
  ['a lone low surrogate', '{"type":"SEND_MESSAGE","id":1,"room":"mine","message":"a\\udc00b"}', 1],
  [
    'a lone surrogate in a key',
    '{"type":"SEND_MESSAGE","id":1,"room":"mine","message":"x","data":{"\\udfff":1}}',
    1,
  ],
  ['a lone surrogate in an unknown member', '{"type":"PING","id":1,"x":["\\ud800"]}', 1],
  ['depth 9', `{"type":"PING","id":1,"x":${'['.repeat(8)}${']'.repeat(8)}}`, 1],
  [
    'depth 9, of objects',
    `{"type":"SEND_MESSAGE","id":1,"room":"mine","message":"x","data":${nested(8)}}`,
    1,
  ],
  ['30,000 brackets', '['.repeat(30_000)],
  ['30,000 levels', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['30,000 levels inside', `{"type":"PING","id":1,"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 1],
];

/** Commands: each of these errors brings the command's id back. */
const commands: [name: string, members: string, code: string][] = [
  ['an unknown type', '"type":"NO_SUCH"', 'UNKNOWN_TYPE'],
  ['an empty type', '"type":""', 'UNKNOWN_TYPE'],
  ['a type in another case', '"type":"PiNG"', 'UNKNOWN_TYPE'],
  ['a type with a space', '"type":"PING "', 'UNKNOWN_TYPE'],
  ['type __proto__', '"type":"__proto__"', 'UNKNOWN_TYPE'],
  ['type constructor', '"type":"constructor"', 'UNKNOWN_TYPE'],
  ['type toString', '"type":"toString"', 'UNKNOWN_TYPE'],
  ['type hasOwnProperty', '"type":"hasOwnProperty"', 'UNKNOWN_TYPE'],
  ['the name of an event', '"type":"MESSAGE","room":"mine","message":"x"', 'UNKNOWN_TYPE'],
  ['a room only in __proto__', '"type":"SUBSCRIBE","__proto__":{"room":"mine"}', 'BAD_REQUEST'],
  [
    'a message only in __proto__',
    '"type":"SEND_MESSAGE","room":"mine","__proto__":{"message":"x"}',
    'BAD_REQUEST',
  ],
  [
    'a room only in constructor',
    '"type":"HISTORY","constructor":{"prototype":{"room":"mine"}}',
    'BAD_REQUEST',
  ],
  ['SUBSCRIBE since null', '"type":"SUBSCRIBE","room":"mine","since":null', 'BAD_REQUEST'],
  ['SUBSCRIBE since a number', '"type":"SUBSCRIBE","room":"mine","since":5', 'BAD_REQUEST'],
  ['SUBSCRIBE since an array', '"type":"SUBSCRIBE","room":"mine","since":[]', 'BAD_REQUEST'],
  ['SUBSCRIBE since nothing', '"type":"SUBSCRIBE","room":"mine","since":{}', 'BAD_REQUEST'],
  ...['{"offset":1}', '{"epoch":1,"offset":1}', '{"epoch":"e"}', '{"epoch":"e","offset":"1"}'].map(since),
  ...['{"epoch":"e","offset":-1}', '{"epoch":"e","offset":1.5}', '{"epoch":"e","offset":1e300}'].map(since),
  ...['{"epoch":"e","offset":1,"messageId":5}', '{"epoch":"e","offset":null}'].map(since),
  ...['-1', '0.5', '"5"', 'null', '[]', 'true'].map(member('SUBSCRIBE', 'history')),
  ['SEND_MESSAGE without message', '"type":"SEND_MESSAGE","room":"mine"', 'BAD_REQUEST'],
  ...['null', '1', '["x"]', '{"text":"x"}', 'true'].map(member('SEND_MESSAGE', 'message')),
  ...['null', '1', '"x"', '[]', '[{}]', 'false'].map(member('SEND_MESSAGE', 'data', '"message":"x",')),
  ...['null', '1', '""', '["m"]', `"${'x'.repeat(65)}"`, '"a\\u0000b"', '"a\\r\\nb"'].map(
    member('SEND_MESSAGE', 'messageId', '"message":"x",'),
  ),
  ...['-1', '1.5', '"1"', 'null', '{}'].map(member('HISTORY', 'before')),
  ...['-1', '1.5', '"1"', 'null', '{}'].map(member('HISTORY', 'after')),
  ...['0', '-1', '1.5', '"1"', 'null', '[]'].map(member('HISTORY', 'limit')),
  [
    'SEND_MESSAGE to a room it is not in',
    '"type":"SEND_MESSAGE","room":"other","message":"x"',
    'NOT_SUBSCRIBED',
  ],
  ['HISTORY of a room it is not in', '"type":"HISTORY","room":"other"', 'NOT_SUBSCRIBED'],
  [
    'a message too large',
    `"type":"SEND_MESSAGE","room":"mine","message":"${'x'.repeat(40_000)}"`,
    'MESSAGE_TOO_LARGE',
  ],
];

const COMMANDS_WITH_ROOM = ['SUBSCRIBE', 'UNSUBSCRIBE', 'SEND_MESSAGE', 'HISTORY'];
const mistypedRooms = [undefined, 'null', '1', 'true', '["mine"]', '{"id":"mine"}'];
const badRooms = [
  '',
  'x'.repeat(129),
  '.hidden',
  '_x',
  '-x',
  ':x',
  ' mine',
  'mine ',
  'a b',
  'a\0',
  'a\r\nb',
  'a\n',
]
  .concat([
    'a\u202Eb',
    'a\u200Bb',
    '{}',
    '{mine}',
    '*',
    'a*',
    'a>',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    'a%40b',
    'a,b',
    'a"b',
  ])
  .concat(['café', 'cafe\u0301', '日本', '１', '😀', '__proto__']);

const roomCases = COMMANDS_WITH_ROOM.flatMap((type): [string, string, string][] => [
  ...['room', 'roomId'].flatMap((name) =>
    mistypedRooms.map((value): [string, string, string] => [
      `${type} with ${name} ${value ?? 'missing'}`,
      `"type":"${type}","message":"x"${value === undefined ? '' : `,"${name}":${value}`}`,
      'BAD_REQUEST',
    ]),
  ),
  [
    `${type} with roomId mistyped beside room`,
    `"type":"${type}","message":"x","room":"mine","roomId":5`,
    'BAD_REQUEST',
  ],
]);

const badRoomCases = badRooms.map((room, index): [string, string, string] => {
  const type = COMMANDS_WITH_ROOM[index % COMMANDS_WITH_ROOM.length]!;
  const name = index % 3 === 0 ? 'roomId' : 'room';
  const shown = JSON.stringify(room).slice(0, 20);
  return [
    `${type} with ${name} ${shown}`,
    `"type":"${type}","message":"x","${name}":${JSON.stringify(room)}`,
    'BAD_ROOM',
  ];
});

export const badTexts: readonly BadText[] = [
  ...notCommands.map(([name, text, id]) => ({ name, text, code: 'BAD_REQUEST', id })),
  ...[...commands, ...roomCases, ...badRoomCases].map(([name, members, code], id) => {
    return { name, text: `{"id":${id},${members}}`, code, id };
  }),
];

function since(value: string): [string, string, string] {
  return [`SUBSCRIBE since ${value}`, `"type":"SUBSCRIBE","room":"mine","since":${value}`, 'BAD_REQUEST'];
}

/** One member of a command which otherwise is right. */
function member(type: string, name: string, others = ''): (value: string) => [string, string, string] {
  return (value) => {
    const shown = value.slice(0, 12);
    return [
      `${type} with ${name} ${shown}`,
      `"type":"${type}","room":"mine",${others}"${name}":${value}`,
      'BAD_REQUEST',
    ];
  };
}

function nested(levels: number): string {
  return '{"x":'.repeat(levels) + '1' + '}'.repeat(levels);
}
