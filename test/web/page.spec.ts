// How the page is served: with which headers, beside the WebSocket of the same path, and when not.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { join, newRoom } from '../support/chat.js';
import { Stage } from '../support/stage.js';

const stage = new Stage();
let app: AppProcess;

beforeAll(async () => {
  app = await stage.app({ WEB_ROOMS: 'lounge,kitchen' });
});
afterAll(() => stage.clear());

const get = (path: string, init: RequestInit = {}) => fetch(app.http + path, init);

describe('GET /', () => {
  it('is the page, never kept without asking, and under a policy that lets in nothing else', async () => {
    const response = await get('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|upgrade-insecure-requests/);
  });

  it('names scripts and styles by what they hold, so that they are kept for good', async () => {
    const page = await (await get('/')).text();
    const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThanOrEqual(2);
    for (const path of assets) {
      const response = await get(path, { headers: { 'Accept-Encoding': 'br' } });
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-encoding')).toBe('br');
      expect((await response.text()).length).toBeGreaterThan(1_000);
    }
  });

  it('is a WebSocket for who asks for one', async () => {
    const client = await stage.client(app, '/');
    expect(await join(client, newRoom())).toMatchObject({ type: 'SUBSCRIBED' });
  });

  it.each(['/nothing', '/assets/../../package.json', '/..%2f..%2fpackage.json', '/%00'])(
    'has nothing at %s',
    async (path) => {
      const { status } = await get(path);
      expect([400, 404]).toContain(status);
    },
  );

  it('is not there with WEB_CHAT=false, while WebSockets are', async () => {
    const bare = await stage.app({ WEB_CHAT: 'false' });
    expect((await fetch(`${bare.http}/`)).status).toBe(404);
    expect(await (await fetch(`${bare.http}/chat/rooms`)).json()).toEqual({ rooms: [] });
    await join(await stage.client(bare, '/'), newRoom());
  });
});

describe('GET /chat/rooms', () => {
  it('tells how many are in the suggested rooms, and of no other', async () => {
    await join(await stage.client(app), 'lounge');
    await join(await stage.client(app), 'secret');
    expect(await (await get('/chat/rooms')).json()).toEqual({
      rooms: [
        { name: 'lounge', count: 1 },
        { name: 'kitchen', count: 0 },
      ],
    });
  });

  it('is closed to who may not read them', async () => {
    const [closed, strict] = await Promise.all([
      stage.app({ ROOMS_DEFAULT: 'closed' }),
      stage.app({ AUTH_MODE: 'token' }),
    ]);
    expect(await (await fetch(`${closed.http}/chat/rooms`)).json()).toEqual({ rooms: [] });
    expect((await fetch(`${strict.http}/chat/rooms`)).status).toBe(401);
    const headers = { Authorization: 'Bearer forged' };
    expect((await get('/chat/rooms', { headers })).status).toBe(401);
  });
});
