// Attacks on tokens, by each of the ways a token can come: 401 in the upgrade, 4500 after AUTH.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { healthTells } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { frameOf, RawSocket } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';
import { AUDIENCE, badTokens, ISSUER, properClaims, properToken } from './bad-tokens.js';
import { newPair, SECRET, signedBy } from './forge.js';
import { KeyServer } from './key-server.js';
import { exchange, upgradeRequest } from './raw-http.js';
import { fitsSubprotocol, show, type Way } from './shown-token.js';

const TIMEOUT_MS = 5_000;
const rsa = newPair('RS256');
/** Free on every machine, and nobody listens; the test which fetches from it starts a server there. */
const ATTACKER_URL = 'http://127.0.0.1:9/keys.json';

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let bystander: TestClient;

beforeAll(async () => {
  app = await shared.app({
    AUTH_MODE: 'token',
    JWT_SECRET: SECRET,
    JWT_PUBLIC_KEY: rsa.pem.replaceAll('\n', '\\n'),
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    API_KEYS: 'key-of-the-operator',
  });
  const headers = { Authorization: `Bearer ${properToken({ sub: 'u-bystander', exp: 4e9 })}` };
  bystander = await shared.connect(app.url, { headers });
  await bystander.next('WELCOME');
});
afterEach(async () => {
  await stage.clear();
  await expectServing();
});
afterAll(() => shared.clear());

/** The second client is served as ever, and nobody else is left. */
async function expectServing(): Promise<void> {
  expect(await bystander.fence()).toEqual([]);
  await healthTells(app, { connections: 1, rooms: 0 });
}

const ways: Way[] = ['Authorization', 'subprotocol', 'query', 'AUTH'];

describe.each(ways)('by %s', (way) => {
  const refused = way === 'AUTH' ? 4500 : 401;
  const accepted = way === 'AUTH' ? 'AUTHENTICATED' : 101;
  // Node trims a header, and a list of subprotocols has none of these: such a token can't come this way.
  const possible = (token: string): boolean =>
    way === 'subprotocol' ? fitsSubprotocol(token) : way !== 'Authorization' || /^[\x21-\x7e]+$/.test(token);
  const cases = badTokens({ rsa, attackerUrl: ATTACKER_URL }).filter(([, token]) => possible(token));

  it.each(cases)('%s is refused', async (_name, token) => {
    expect(await show(app.port, way, token)).toBe(refused);
  });

  it('there are as many attacks as there should be', () => {
    expect(cases.length).toBeGreaterThan(90);
  });

  it.each([
    ['HS256', properToken()],
    ['RS256', signedBy(rsa, properClaims())],
    ['without typ', signedBy(rsa, properClaims(), { typ: undefined })],
    ['typ at+jwt', signedBy(rsa, properClaims(), { typ: 'at+jwt' })],
    ['typ jwt', signedBy(rsa, properClaims(), { typ: 'jwt' })],
    ['with a kid, which nobody asks for', signedBy(rsa, properClaims(), { kid: '../../dev/null' })],
    ['one audience among several', properToken({ aud: ['other', AUDIENCE] })],
    ['valid since a moment ago', properToken({ nbf: 0 })],
    ['the longest sub', properToken({ sub: 'x'.repeat(128) })],
    ['exp beyond all dates', properToken({ exp: 1e15 })],
    ['exp beyond all reason', properToken({ exp: 1e300 })],
    ['a name of another type', properToken({ name: { first: 'Ada' } })],
    ['no rooms', properToken({ rooms: {} })],
    ['unknown rights', properToken({ rooms: { general: ['admin', 5, null, 'read'] } })],
  ])('a token that is right is accepted, and not echoed: %s', async (_name, token) => {
    expect(await show(app.port, way, token)).toBe(accepted);
  });

  it('a revoked token is refused, and a newer one accepted', async () => {
    const sub = `u-revoked-${way}`;
    const old = properToken({ sub, iat: Math.floor(Date.now() / 1_000) - 1 });
    expect(await show(app.port, way, old)).toBe(accepted);
    const response = await fetch(`${app.http}/api/users/${sub}/connections`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer key-of-the-operator' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    expect(response.status).toBe(204);
    expect(await show(app.port, way, old)).toBe(refused);
    expect(await show(app.port, way, properToken({ sub, iat: undefined }))).toBe(refused);
    expect(await show(app.port, way, properToken({ sub, iat: Math.floor(Date.now() / 1_000) + 1 }))).toBe(
      accepted,
    );
  });
});

describe('a token of 100 KB', () => {
  const token = properToken({ pad: 'x'.repeat(75_000) });

  it('is more than a header or a URL may have', async () => {
    for (const way of ['Authorization', 'subprotocol', 'query'] as const) {
      expect(await show(app.port, way, token)).toBe(431);
    }
  });

  it('is more than a frame may have', async () => {
    const raw = await RawSocket.connect(app.port);
    stage.onClear(() => raw.destroy());
    raw.write(frameOf(JSON.stringify({ type: 'AUTH', token })));
    expect(await within(raw.closed, TIMEOUT_MS, 'The close')).toBe(1009);
  });

  it('is refused also where it fits', async () => {
    expect(await show(app.port, 'AUTH', properToken({ pad: 'x'.repeat(45_000) }))).toBe(4500);
  });
});

describe('a key which a token points at', () => {
  it.each(['jku', 'x5u', 'kid'])('by %s is never fetched', async (member) => {
    const attacker = await KeyServer.start();
    stage.onClear(() => attacker.stop());
    const pair = newPair('RS256');
    attacker.publish('attacker', pair.publicKey);
    const header = { kid: 'attacker', [member]: attacker.url };
    for (const way of ways) {
      expect(await show(app.port, way, signedBy(pair, properClaims(), header))).toBe(
        way === 'AUTH' ? 4500 : 401,
      );
    }
    expect(attacker.requests).toBe(0);
  });
});

async function statusOf(value: string): Promise<number> {
  return (await exchange(app.port, upgradeRequest({ headers: { Authorization: value } }))).status;
}

describe('Authorization', () => {
  it.each(['bearer', 'BEARER', 'Bearer  '])('is read as "%s"', async (scheme) => {
    expect(await statusOf(`${scheme} ${properToken()}`)).toBe(101);
    expect(await statusOf(`${scheme} forged`)).toBe(401);
  });

  it('wins over what else is shown, so that a good token next to it does not help', async () => {
    const headers = {
      Authorization: 'Bearer forged',
      'Sec-WebSocket-Protocol': `roomcast.token.${properToken()}`,
    };
    const request = upgradeRequest({ headers, target: `/ws?token=${properToken()}` });
    expect((await exchange(app.port, request)).status).toBe(401);
  });
});
