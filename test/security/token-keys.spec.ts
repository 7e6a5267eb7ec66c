// The keys which tokens are verified with: each kind, an identity provider's set, its rotation and its failure.
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AuthService } from '../../src/auth/auth.service.js';
import { Permissions } from '../../src/core/permissions.js';
import { Revocations } from '../../src/core/revocations.js';
import type { AppProcess } from '../support/app-process.js';
import { healthTells, newRoom, pluck } from '../support/chat.js';
import { messageOf, within } from '../support/deadline.js';
import { frameOf, RawSocket } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import { claimsOf, goodToken, newPair, type Pair, SECRET, signedBy } from './forge.js';
import { KeyServer } from './key-server.js';
import { show, type Way } from './shown-token.js';

const TIMEOUT_MS = 10_000;
const ways: Way[] = ['Authorization', 'subprotocol', 'query', 'AUTH'];

const stage = new Stage();
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.clear();
});

async function keyServer(keys: Record<string, Pair> = {}): Promise<KeyServer> {
  const server = await KeyServer.start();
  stage.onClear(() => server.stop());
  for (const [kid, { publicKey }] of Object.entries(keys)) server.publish(kid, publicKey);
  return server;
}

async function outcomes({ port }: AppProcess, token: string): Promise<unknown[]> {
  const shown = [];
  for (const way of ways) shown.push(await show(port, way, token));
  return shown;
}

const ACCEPTED = [101, 101, 101, 'AUTHENTICATED'];
const REFUSED = [401, 401, 401, 4500];

describe('JWT_PUBLIC_KEY', () => {
  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])('verifies %s', async (alg) => {
    const [pair, other] = [newPair(alg), newPair(alg)];
    const app = await stage.app({ AUTH_MODE: 'token', AUTH_GUESTS: 'false', JWT_PUBLIC_KEY: pair.pem });
    expect(await outcomes(app, signedBy(pair))).toEqual(ACCEPTED);
    expect(await outcomes(app, signedBy(other))).toEqual(REFUSED);
    expect(await outcomes(app, goodToken())).toEqual(REFUSED);
  });
});

describe('BEARER_TOKENS', () => {
  it('are good as they are, each for a user of its own, and nothing like them is', async () => {
    const app = await stage.app({
      AUTH_MODE: 'token',
      BEARER_TOKENS: 'static-one, static-two',
      ROOMS_DEFAULT: 'open',
    });
    expect(await outcomes(app, 'static-one')).toEqual(ACCEPTED);
    expect(await outcomes(app, 'static-two')).toEqual(ACCEPTED);
    const wrong = [
      'static-',
      'static-on',
      'static-one2',
      'STATIC-ONE',
      'static-one,static-two',
      '*',
      '__proto__',
    ];
    for (const token of wrong) expect(await show(app.port, 'Authorization', token)).toBe(401);

    const users = [];
    for (const token of ['static-one', 'static-two', 'static-one']) {
      const client = await stage.connect(app.url, { headers: { Authorization: `Bearer ${token}` } });
      users.push((await client.next('WELCOME'))['user']);
    }
    expect(users[0]).toEqual(users[2]);
    expect(users[0]).not.toEqual(users[1]);
    expect(JSON.stringify(users)).not.toMatch(/static/);
    // Nor what a token could be guessed by, as fast as one can hash.
    const hashed = createHash('sha256').update('static-one');
    expect(JSON.stringify(users)).not.toContain(hashed.digest('base64url').slice(0, 8));
  });
});

describe('JWT_JWKS_URL', () => {
  it('verifies by the key that the token names, of every kind', async () => {
    const pairs = Object.fromEntries(['RS256', 'PS256', 'ES256', 'EdDSA'].map((alg) => [alg, newPair(alg)]));
    const keys = await keyServer(pairs);
    const app = await stage.app({ AUTH_MODE: 'token', JWT_JWKS_URL: keys.url });
    for (const [kid, pair] of Object.entries(pairs)) {
      expect(await outcomes(app, signedBy(pair, claimsOf(), { kid }))).toEqual(ACCEPTED);
    }
    expect(keys.requests).toBe(1);
    const wrong = signedBy(pairs['RS256']!, claimsOf(), { kid: 'ES256' });
    expect(await outcomes(app, wrong)).toEqual(REFUSED);
    expect(await outcomes(app, signedBy(newPair('ES256'), claimsOf(), { kid: 'ES256' }))).toEqual(REFUSED);
    // Public keys are public: none of them is an HMAC secret.
    for (const { publicKey } of Object.values(pairs)) {
      const jwk = publicKey.export({ format: 'jwk' });
      const token = goodToken({ sub: JSON.stringify(jwk).slice(0, 60) });
      expect(await show(app.port, 'Authorization', token)).toBe(401);
    }
  });

  it('cannot be made to fetch by whoever invents key names', async () => {
    const pair = newPair('ES256');
    const keys = await keyServer({ one: pair });
    const app = await stage.app({ JWT_JWKS_URL: keys.url });
    expect(await show(app.port, 'Authorization', signedBy(pair, claimsOf(), { kid: 'one' }))).toBe(101);
    for (let nth = 0; nth < 30; nth++) {
      expect(await show(app.port, 'Authorization', signedBy(pair, claimsOf(), { kid: `no-${nth}` }))).toBe(
        401,
      );
    }
    expect(keys.requests).toBe(1);
  });

  it('out of reach is 503 in the upgrade, and served again once it is back', async () => {
    const pair = newPair('ES256');
    const keys = await keyServer({ one: pair });
    keys.down = true;
    const app = await stage.app({ AUTH_MODE: 'token', JWT_JWKS_URL: keys.url, JWT_SECRET: SECRET });
    const token = signedBy(pair, claimsOf(), { kid: 'one' });
    for (const way of ['Authorization', 'subprotocol', 'query'] as const) {
      expect(await show(app.port, way, token)).toBe(503);
      // Another key has nothing to do with it.
      expect(await show(app.port, way, goodToken())).toBe(101);
    }
    expect(await show(app.port, 'AUTH', token)).toBe('UNAVAILABLE, 1011');
    keys.down = false;
    expect(await outcomes(app, token)).toEqual(ACCEPTED);
  });

  it('that answers too late is 503, in time', async () => {
    const pair = newPair('ES256');
    const keys = await keyServer({ one: pair });
    keys.hold();
    const app = await stage.app({ JWT_JWKS_URL: keys.url });
    const begin = performance.now();
    expect(await show(app.port, 'Authorization', signedBy(pair, claimsOf(), { kid: 'one' }))).toBe(503);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it('out of reach does not matter for keys which are known', async () => {
    const pair = newPair('ES256');
    const keys = await keyServer({ one: pair });
    const app = await stage.app({ AUTH_MODE: 'token', JWT_JWKS_URL: keys.url });
    expect(await outcomes(app, signedBy(pair, claimsOf(), { kid: 'one' }))).toEqual(ACCEPTED);
    await keys.stop();
    expect(await outcomes(app, signedBy(pair, claimsOf({ sub: 'u-other' }), { kid: 'one' }))).toEqual(
      ACCEPTED,
    );
  });

  it('is asked again for a key it did not have, and forgets one it has withdrawn', async () => {
    const [old, next] = [newPair('ES256'), newPair('RS256')];
    const keys = await keyServer({ old });
    const service = new AuthService(
      {
        mode: 'token',
        secret: undefined,
        publicKey: undefined,
        jwksUrl: keys.url,
        issuer: undefined,
        audience: undefined,
        bearerTokens: [],
        guests: false,
        guestTtlMs: 0,
        defaultPermissions: Permissions.OPEN,
      },
      new Revocations(),
    );
    const [oldToken, nextToken] = [
      signedBy(old, claimsOf({ exp: 4e9 }), { kid: 'old' }),
      signedBy(next, claimsOf({ exp: 4e9 }), { kid: 'next' }),
    ];
    expect(await service.authenticate(oldToken)).toMatchObject({ user: { id: 'u-ada' } });

    keys.publish('next', next.publicKey);
    await expect(service.authenticate(nextToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const realNow = Date.now.bind(Date);
    const passed = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + 31_000);
    expect(await service.authenticate(nextToken)).toMatchObject({ user: { id: 'u-ada' } });
    expect(await service.authenticate(oldToken)).toMatchObject({ user: { id: 'u-ada' } });
    expect(keys.requests).toBe(2);

    keys.withdraw('old');
    passed.mockImplementation(() => realNow() + 31_000 + 601_000);
    await expect(service.authenticate(oldToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await service.authenticate(nextToken)).toMatchObject({ user: { id: 'u-ada' } });
    expect(keys.requests).toBe(3);
  });
});

describe('frames sent right behind a handshake which is being authenticated', () => {
  it('are neither run early nor lost, and answered in their order', async () => {
    const pair = newPair('ES256');
    const keys = await keyServer({ one: pair });
    const app = await stage.app({ JWT_JWKS_URL: keys.url });
    const room = newRoom();
    const commands = [
      { type: 'SEND_MESSAGE', id: 1, room, message: 'early' },
      { type: 'UNSUBSCRIBE', id: 2, room },
      { type: 'NO_SUCH', id: 3 },
      { type: 'PING', id: 4 },
    ];
    keys.hold();
    const asked = keys.asked();
    const token = signedBy(pair, claimsOf(), { kid: 'one' });
    const early = commands.map((command) => frameOf(JSON.stringify(command)));
    const connected = RawSocket.connect(app.port, { path: `/ws/${room}?token=${token}`, early });
    await within(asked, TIMEOUT_MS, 'The key server is asked');
    await healthTells(app, { connections: 0, rooms: 0 });
    keys.release();

    const raw = await connected;
    stage.onClear(() => raw.destroy());
    const frames = [];
    for (let nth = 0; nth < 7; nth++) frames.push(await raw.next());
    const replies = frames.filter(({ type }) => type !== 'MESSAGE');
    expect(pluck(replies, 'type')).toEqual(['WELCOME', 'SUBSCRIBED', 'ACK', 'UNSUBSCRIBED', 'ERROR', 'PONG']);
    expect(frames.find(({ type }) => type === 'MESSAGE')).toMatchObject({
      message: 'early',
      sender: { id: 'u-ada' },
    });
  });

  it('are never run when the token turns out bad', async () => {
    const keys = await keyServer({ one: newPair('ES256') });
    const app = await stage.app({ JWT_JWKS_URL: keys.url });
    const room = newRoom();
    const watcher = await stage.client(app, `/ws/${room}`);
    await watcher.next('SUBSCRIBED');
    keys.hold();
    const asked = keys.asked();
    const forged = signedBy(newPair('ES256'), claimsOf(), { kid: 'one' });
    const early = [frameOf(JSON.stringify({ type: 'SEND_MESSAGE', room, message: 'early' }))];
    const connected = RawSocket.connect(app.port, { path: `/ws/${room}?token=${forged}`, early });
    const refusal = connected.catch(messageOf);
    await within(asked, TIMEOUT_MS, 'The key server is asked');
    keys.release();
    expect(await refusal).toContain('HTTP/1.1 401 Unauthorized');
    expect(pluck(await watcher.fence(), 'type').filter((type) => type === 'MESSAGE')).toEqual([]);
    await healthTells(app, { connections: 1 });
  });
});
