// Cross-site WebSocket hijacking: which pages may connect, told by the Origin of their handshakes.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { type Bystanders, bystandersOf } from '../support/bystanders.js';
import { healthTells } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import { SECRET } from './forge.js';
import { exchange, type UpgradeParts, upgradeRequest } from './raw-http.js';

const Host = 'chat.example.com:8080';

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let bystanders: Bystanders;

async function serve(env: Record<string, string> = {}): Promise<void> {
  app = await shared.app(env);
  bystanders = await bystandersOf(app);
  shared.onClear(() => bystanders.leave());
}

async function expectServing(): Promise<void> {
  await bystanders.expectUndisturbed();
  await healthTells(app, { connections: 2, rooms: 1 });
}

async function statusOf(parts: UpgradeParts, port = app.port): Promise<number> {
  return (await exchange(port, upgradeRequest(parts))).status;
}

afterEach(() => stage.clear());

async function status(origin: string | undefined, host = Host): Promise<number> {
  return statusOf({ headers: { Host: host, Origin: origin } });
}

describe('Origin', () => {
  const evil = [
    'https://evil.example',
    'null',
    'http://chat.example.com:8080.evil.example',
    'http://chat.example.com.evil.example:8080',
    'http://evilchat.example.com:8080',
    'http://evil.example/chat.example.com:8080',
    'http://evil.example#chat.example.com:8080',
    'http://chat.example.com:8080@evil.example',
    'http://user@chat.example.com:8080',
    'http://chat.example.com:8081',
    'http://chat.example.com',
    'http://chat.example.com:8080/',
    'http://chat.example.com:8080, https://evil.example',
    'file://',
    'chrome-extension://abcdefghijklmnop',
    'chat.example.com:8080',
    '*',
    '',
  ];

  describe('outside production, with none configured', () => {
    beforeAll(() => serve());
    afterAll(() => shared.clear());
    afterEach(expectServing);

    it.each(evil)('"%s" is 403', async (origin) => expect(await status(origin)).toBe(403));
    it('two of them are 403', async () => {
      const headers = { Host, Origin: `http://${Host}`, origin: 'https://evil.example' };
      expect(await statusOf({ headers })).toBe(403);
    });
    it.each([
      ['the same', `http://${Host}`],
      ['the same, in capitals', `HTTP://CHAT.EXAMPLE.COM:8080`],
      ['none', undefined],
      ['a loopback one', 'http://localhost:3000'],
      ['another', 'http://127.0.0.1:5173'],
      ['an IPv6 one', 'http://[::1]:5173'],
    ])('%s is accepted', async (_name, origin) => expect(await status(origin)).toBe(101));
    it.each([
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example',
      'http://evil-localhost',
      'http://[::1].evil.example',
    ])('the false loopback %s is 403', async (origin) => expect(await status(origin)).toBe(403));
  });

  describe('outside production, with some configured', () => {
    const ALLOWED_ORIGINS = 'https://chat.example.com, http://app.example.com:8443';
    beforeAll(() => serve({ ALLOWED_ORIGINS }));
    afterAll(() => shared.clear());
    afterEach(expectServing);

    it.each([
      ['https://chat.example.com', 101],
      ['http://app.example.com:8443', 101],
      [undefined, 101],
      ['https://chat.example.com:8443', 403],
      ['http://chat.example.com', 403],
      ['http://app.example.com', 403],
      ['https://chat.example.com.evil.example', 403],
      ['https://evil.example', 403],
      ['null', 403],
      [`http://${Host}`, 403],
    ])('%s is %d', async (origin, expected) => expect(await status(origin)).toBe(expected));
  });

  describe('in production', () => {
    beforeAll(() => serve({ NODE_ENV: 'production', JWT_SECRET: SECRET }));
    afterAll(() => shared.clear());
    afterEach(expectServing);

    it.each([
      ['http://localhost:3000', 403],
      ['http://127.0.0.1:5173', 403],
      ['http://[::1]:5173', 403],
      ['https://evil.example', 403],
      ['null', 403],
      [`http://${Host}`, 101],
      [`https://${Host}`, 101],
      [undefined, 101],
    ])('%s is %d', async (origin, expected) => expect(await status(origin)).toBe(expected));

    it('a page of the machine itself passes where it is the same one', async () => {
      expect(await status('http://localhost:8080', 'localhost:8080')).toBe(101);
      expect(await status('http://localhost:3000', 'localhost:8080')).toBe(403);
    });
  });

  it('any is accepted where all are allowed', async () => {
    const open = await stage.app({ ALLOWED_ORIGINS: '*' });
    expect(await statusOf({ headers: { Origin: 'https://anywhere.example' } }, open.port)).toBe(101);
  });
});
