// Handshakes that are wrong or slow, byte by byte: each gets its answer, and the others are served.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { type Bystanders, bystandersOf } from '../support/bystanders.js';
import { healthTells } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import { exchange, RawHttp, type UpgradeParts, upgradeRequest } from './raw-http.js';

/** A header may take 5 s, and is looked at each second. */
const SLOW_CUT_MS = 6_000;
/** What a busy machine may add. */
const SLACK_MS = 3_000;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let bystanders: Bystanders;

async function serve(env: Record<string, string> = {}): Promise<void> {
  app = await shared.app(env);
  bystanders = await bystandersOf(app);
  shared.onClear(() => bystanders.leave());
}

afterEach(() => stage.clear());

/** Only the bystanders are left, and are served as ever. */
async function expectServing(): Promise<void> {
  await bystanders.expectUndisturbed();
  await healthTells(app, { connections: 2, rooms: 1 });
}

async function open(port: number): Promise<RawHttp> {
  const raw = await RawHttp.open(port);
  stage.onClear(() => raw.destroy());
  return raw;
}

async function statusOf(parts: UpgradeParts, port = app.port): Promise<number> {
  return (await exchange(port, upgradeRequest(parts))).status;
}

function withHeaders(headers: UpgradeParts['headers'] = {}): string {
  return upgradeRequest({ headers });
}

describe('a handshake which breaks the rules', () => {
  beforeAll(() => serve());
  afterAll(() => shared.clear());

  const cases: [name: string, request: string, status: number][] = [
    ['by POST', upgradeRequest({ method: 'POST' }), 405],
    ['by HEAD', upgradeRequest({ method: 'HEAD' }), 405],
    ...['8', '12', '14', '013', '1.3', 'x', '13, 8'].map((version): [string, string, number] => [
      `of version ${version}`,
      withHeaders({ 'Sec-WebSocket-Version': version }),
      400,
    ]),
    ['without a version', withHeaders({ 'Sec-WebSocket-Version': undefined }), 400],
    ['without a key', withHeaders({ 'Sec-WebSocket-Key': undefined }), 400],
    ...['', 'short', 'x'.repeat(24), `${'A'.repeat(22)}=`, `${'A'.repeat(30)}==`].map(
      (key): [string, string, number] => [
        `with the key "${key}"`,
        withHeaders({ 'Sec-WebSocket-Key': key }),
        400,
      ],
    ),
    ['over HTTP/1.0', upgradeRequest({ version: '1.0' }), 400],
    ['over HTTP/2.0', upgradeRequest({ version: '2.0' }), 400],
    ['without Host', withHeaders({ Host: undefined }), 400],
    [
      'with Content-Length and Transfer-Encoding',
      withHeaders({ 'Content-Length': '4', 'Transfer-Encoding': 'chunked' }),
      400,
    ],
    ['with two different lengths', withHeaders({ 'Content-Length': '4', 'content-length': '5' }), 400],
    ['with NUL in a header', withHeaders({ 'X-Odd': 'a\0b' }), 400],
    ['with NUL in the path', upgradeRequest({ target: '/ws/a\0b' }), 400],
    ['with a space in a header name', withHeaders({ 'X Odd': 'x' }), 400],
    ['with a folded header', withHeaders({ 'X-Odd': 'a\r\n b' }), 400],
    ...['roomcast.v1,,x', ',roomcast.v1', 'roomcast.v1,', 'room cast', 'roomcast.v1, roomcast.v1', '"x"'].map(
      (name): [string, string, number] => [
        `with the subprotocol ${name}`,
        withHeaders({ 'Sec-WebSocket-Protocol': name }),
        400,
      ],
    ),
    ['to upgrade to something else', withHeaders({ Upgrade: 'h2c' }), 400],
    ['with a header of 20 KB', withHeaders({ 'X-Large': 'x'.repeat(20_000) }), 431],
    ['with a path of 20 KB', upgradeRequest({ target: `/ws/${'x'.repeat(20_000)}` }), 431],
    ['with headers of 20 KB together', withHeaders(manyHeaders(200, 100)), 431],
    ['that is no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  ];

  it.each(cases)('%s', async (_name, request, status) => {
    const raw = await open(app.port);
    raw.write(request);
    expect(await raw.answer()).toMatchObject({ status });
    expect(raw.received).not.toMatch(/node_modules|\.js|Error:/);
    await raw.forgotten();
    await expectServing();
  });

  it.each([
    '/wsx',
    '//',
    '//ws',
    '/ws/',
    '/ws/a/b',
    '/ws/../ws',
    '/ws/%2e%2e',
    '/ws/%00',
    '/ws/%zz',
    '/ws/!control',
    '/WS',
    '/health',
    '/api/users/x/connections',
    'http://chat.example.com/ws',
    '*',
  ])('to %s is 404', async (target) => {
    const raw = await open(app.port);
    raw.write(upgradeRequest({ target }));
    expect(await raw.answer()).toMatchObject({ status: 404 });
    await raw.forgotten();
    await expectServing();
  });

  it.each(['/ws', '/ws/general', '/ws?x=1'])('GET %s without an upgrade is 426', async (target) => {
    const request = upgradeRequest({ target, headers: { Connection: 'close', Upgrade: undefined } });
    const { status, headers } = await exchange(app.port, request);
    expect([status, headers.get('upgrade')]).toEqual([426, 'websocket']);
    await expectServing();
  });

  it('which is right is accepted, so that the refusals above have their reasons', async () => {
    expect(await statusOf({})).toBe(101);
    expect(await statusOf({ target: '/' })).toBe(101);
    expect(await statusOf({ target: '/ws/general' })).toBe(101);
    await expectServing();
  });

  it('is let go of, although the client never closes its end', async () => {
    const raws = await Promise.all(Array.from({ length: 20 }, () => open(app.port)));
    for (const raw of raws) raw.write(upgradeRequest({ headers: { Origin: 'https://evil.example' } }));
    for (const raw of raws) expect(await raw.answer()).toMatchObject({ status: 403 });
    await Promise.all(raws.map((raw) => raw.forgotten()));
    await expectServing();
  });
});

function manyHeaders(count: number, size: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`X-Many-${index}`, 'x'.repeat(size)]),
  );
}

describe('a connection which takes its time', () => {
  beforeAll(() => serve());
  afterAll(() => shared.clear());

  const slow: [name: string, first: string, drip: string][] = [
    ['says nothing', '', ''],
    ['stops in its request line', 'GET /ws HT', ''],
    ['sends a header byte by byte', 'GET /ws HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'x'],
    ['sends a header after the other', 'GET /ws HTTP/1.1\r\nHost: x\r\n', 'X-Slow: x\r\n'],
    [
      'sends a body byte by byte',
      'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
      ' ',
    ],
    ['keeps a connection for nothing', 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n', ''],
  ];

  it.each(slow)('and %s is cut after 6 s', async (_name, first, drip) => {
    const raw = await open(app.port);
    const begin = performance.now();
    raw.write(first);
    const dripping = drip === '' ? undefined : setInterval(() => raw.write(drip), 200);
    try {
      await raw.forgotten(SLOW_CUT_MS + SLACK_MS);
    } finally {
      clearInterval(dripping);
    }
    expect(performance.now() - begin).toBeLessThan(SLOW_CUT_MS + SLACK_MS);
    await expectServing();
  });
});
