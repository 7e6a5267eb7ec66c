// Bytes that break the WebSocket protocol or its limits: each gets its close code, and nobody else notices.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { type Bystanders, bystandersOf } from '../support/bystanders.js';
import { healthTells } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { closePayload, frameOf, Opcode } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';

const { CONTINUATION, TEXT, BINARY, CLOSE, PING } = Opcode;
const TIMEOUT_MS = 5000;
const LIMIT = 65_536;
const PING_COMMAND = '{"type":"PING","id":1}';

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let bystanders: Bystanders;

beforeAll(async () => {
  app = await shared.app();
  bystanders = await bystandersOf(app);
  shared.onClear(() => bystanders.leave());
});
afterEach(async () => {
  await stage.clear();
  await bystanders.expectUndisturbed();
  await healthTells(app, { connections: 2, rooms: 1 });
});
afterAll(() => shared.clear());

/** A PING command in so many frames. */
function inFragments(count: number): Buffer[] {
  const padded = PING_COMMAND.padEnd(count);
  return Array.from({ length: count }, (_, index) => {
    const end = index === count - 1;
    const part = padded.slice(index, end ? undefined : index + 1);
    return frameOf(part, { opcode: index === 0 ? TEXT : CONTINUATION, fin: end });
  });
}

/** Frames that break the protocol itself. */
const violations: [name: string, frames: Buffer[]][] = [
  ['an unmasked frame', [frameOf(PING_COMMAND, { masked: false })]],
  ...[1, 2, 4].map((rsv): [string, Buffer[]] => [`reserved bits ${rsv}`, [frameOf(PING_COMMAND, { rsv })]]),
  ...[3, 7, 11, 15].map((opcode): [string, Buffer[]] => [`opcode ${opcode}`, [frameOf('x', { opcode })]]),
  ['a continuation of nothing', [frameOf('x', { opcode: CONTINUATION })]],
  ['a text frame inside a fragmented one', [frameOf('{', { fin: false }), frameOf(PING_COMMAND)]],
  ['a ping of 126 bytes', [frameOf('x'.repeat(126), { opcode: PING })]],
  ['a fragmented ping', [frameOf('x', { opcode: PING, fin: false })]],
  ['a close of one byte', [frameOf('x', { opcode: CLOSE })]],
  ['a close of 126 bytes', [frameOf(closePayload(1000, 'x'.repeat(124)), { opcode: CLOSE })]],
  ['a fragmented close', [frameOf(closePayload(1000), { opcode: CLOSE, fin: false })]],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): [string, Buffer[]] => [
    `a close with ${code}`,
    [frameOf(closePayload(code), { opcode: CLOSE })],
  ]),
  ['an HTTP request', [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
];

const notUtf8: [name: string, bytes: number[]][] = [
  ['a stray continuation byte', [0x80]],
  ['an overlong form', [0xc0, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a code point beyond the last', [0xf4, 0x90, 0x80, 0x80]],
  ['a sequence cut off', [0xe2, 0x82]],
  ['a byte that never occurs', [0xff]],
];

const cases: [name: string, code: number, frames: Buffer[]][] = [
  ...violations.map(([name, frames]): [string, number, Buffer[]] => [name, 1002, frames]),
  ...notUtf8.map(([name, bytes]): [string, number, Buffer[]] => [
    `invalid UTF-8: ${name}`,
    1007,
    [frameOf(Buffer.from([0x22, ...bytes, 0x22]))],
  ]),
  ['invalid UTF-8 in a close', 1007, [frameOf(closePayload(1000, Buffer.from([0xff])), { opcode: CLOSE })]],
  ['a binary frame', 1003, [frameOf(PING_COMMAND, { opcode: BINARY })]],
  ['an empty binary frame', 1003, [frameOf('', { opcode: BINARY })]],
  ['a text frame of one byte too many', 1009, [frameOf(`{"x":"${'x'.repeat(LIMIT - 7)}"}`)]],
  ['a frame of 10 MB', 1009, [frameOf('x'.repeat(10_000_000))]],
  ['a binary frame of 10 MB', 1009, [frameOf('x'.repeat(10_000_000), { opcode: BINARY })]],
  ['a frame that announces a terabyte', 1009, [frameOf('{', { declaredLength: 2 ** 40 })]],
  ['a frame that announces 2^63 bytes', 1009, [frameOf('{', { declaredLength: 2 ** 63 })]],
  [
    'fragments that are too much together',
    1009,
    [
      frameOf('x'.repeat(LIMIT / 2), { fin: false }),
      frameOf('x'.repeat(LIMIT / 2 + 1), { opcode: CONTINUATION }),
    ],
  ],
  ['more fragments than a command needs', 1008, inFragments(1000)],
];

describe('the connection is closed', () => {
  it.each(cases)('for %s with %d', async (_name, code, frames) => {
    const raw = await stage.raw(app.port);
    expect(await raw.next()).toMatchObject({ type: 'WELCOME' });
    raw.write(Buffer.concat(frames));
    expect(await within(raw.closed, TIMEOUT_MS, 'The close')).toBe(code);
    await within(raw.gone, TIMEOUT_MS, 'The end of the TCP connection');
  });

  it('with the code that the client closes with', async () => {
    for (const code of [1000, 1001, 3000, 4999]) {
      const raw = await stage.raw(app.port);
      raw.write(frameOf(closePayload(code, 'bye'), { opcode: CLOSE }));
      expect(await within(raw.closed, TIMEOUT_MS, 'The close')).toBe(code);
    }
  });
});

describe('the connection goes on', () => {
  const fine: [name: string, frames: Buffer[]][] = [
    ['a frame of exactly the limit', [frameOf(PING_COMMAND.padEnd(LIMIT))]],
    ['a command in fragments', inFragments(20)],
    [
      'a ping between fragments',
      [
        frameOf('{"type":"PI', { fin: false }),
        frameOf('', { opcode: PING }),
        frameOf('NG","id":1}', { opcode: CONTINUATION }),
      ],
    ],
    ['a ping of 125 bytes before it', [frameOf('x'.repeat(125), { opcode: PING }), frameOf(PING_COMMAND)]],
    ['a pong nobody asked for before it', [frameOf('x', { opcode: Opcode.PONG }), frameOf(PING_COMMAND)]],
  ];

  it.each(fine)('with %s', async (_name, frames) => {
    const raw = await stage.raw(app.port);
    expect(await raw.next()).toMatchObject({ type: 'WELCOME' });
    raw.write(Buffer.concat(frames));
    expect(await raw.next()).toEqual({ type: 'PONG', id: 1 });
  });

  it('with a frame that comes byte by byte', async () => {
    const raw = await stage.raw(app.port);
    expect(await raw.next()).toMatchObject({ type: 'WELCOME' });
    for (const byte of frameOf(PING_COMMAND)) raw.write(Buffer.of(byte));
    expect(await raw.next()).toEqual({ type: 'PONG', id: 1 });
  });
});
