// What the log never shows, at its most talkative: tokens, secrets, what people say to each other.
import { afterEach, expect, it } from '@jest/globals';
import { AppProcess } from '../support/app-process.js';
import { join, newRoom, say } from '../support/chat.js';
import { eventually, within } from '../support/deadline.js';
import { closePayload, frameOf, Opcode, RawSocket } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import { claimsOf, goodToken, hmac, jwt, newPair, SECRET, signedBy } from './forge.js';
import { KeyServer } from './key-server.js';
import { exchange, upgradeRequest } from './raw-http.js';
import { show } from './shown-token.js';

const TIMEOUT_MS = 10_000;
/** Nothing but what a test says, so that each trace of it in the log is one too many. */
const SPOKEN = 'xyzzy-plugh';
const API_KEY = `operator-key-${SPOKEN}`;
const BEARER = `static-token-${SPOKEN}`;
const PASSWORD = `redis-password-${SPOKEN}`;

const stage = new Stage();
afterEach(() => stage.clear());

/** What must not stand in a log: each token by its signature, and all that has the spoken word in it. */
class Secrets {
  readonly #texts = new Set([SPOKEN, SECRET]);

  token(token: string): string {
    for (const part of token.split('.').slice(1)) if (part.length > 10) this.#texts.add(part);
    return token;
  }

  in(lines: readonly string[]): string[] {
    return lines.filter((line) => [...this.#texts].some((text) => line.includes(text)));
  }
}

/** All that a client may do wrong with a token, each of which would be a reason to log it. */
async function showTokens(app: AppProcess, secrets: Secrets): Promise<void> {
  const forged = jwt({ alg: 'HS256', kid: SPOKEN }, claimsOf(), hmac('forged'));
  const unknown = signedBy(newPair('ES256'), claimsOf(), { kid: 'no such key' });
  for (const token of [goodToken(), goodToken({ exp: 1 }), forged, unknown, BEARER]) {
    secrets.token(token);
    for (const way of ['Authorization', 'subprotocol', 'query'] as const) await show(app.port, way, token);
    const client = await stage.client(app);
    await client.request({ type: 'AUTH', token });
    await client.close();
  }
  await exchange(app.port, upgradeRequest({ headers: { Authorization: `Basic ${SPOKEN}` } }));
  await exchange(app.port, upgradeRequest({ target: `/ws/%zz?token=${SPOKEN}` }));
  await exchange(
    app.port,
    upgradeRequest({ target: `/nowhere?token=${SPOKEN}`, headers: { Upgrade: undefined } }),
  );
}

/** Messages, and frames which are almost messages. */
async function talk(app: AppProcess): Promise<void> {
  const room = newRoom();
  const client = await stage.client(app);
  await join(client, room);
  await say(client, room, SPOKEN, { data: { [SPOKEN]: SPOKEN } });
  for (const command of [
    { type: SPOKEN },
    { type: 'SEND_MESSAGE', room: 5, message: SPOKEN },
    { type: 'SEND_MESSAGE', room, message: [SPOKEN] },
    { type: 'SEND_MESSAGE', room, message: SPOKEN.repeat(4_000) },
    { type: 'SUBSCRIBE', room: ` ${SPOKEN}` },
    { type: 'AUTH', token: SPOKEN },
    { type: 'KICK', room, user: SPOKEN },
  ]) {
    client.send(command);
  }
  for (let strike = 1; strike <= 5; strike++) client.send(`{"type":"${SPOKEN}`);
  await within(client.closed, TIMEOUT_MS, 'The close');

  const broken = [
    frameOf(SPOKEN, { masked: false }),
    frameOf(SPOKEN, { rsv: 4 }),
    frameOf(SPOKEN, { opcode: Opcode.BINARY }),
    frameOf(closePayload(4999, SPOKEN), { opcode: Opcode.CLOSE }),
    frameOf(SPOKEN.repeat(10_000)),
  ];
  for (const frame of broken) {
    const raw = await RawSocket.connect(app.port);
    raw.write(frame);
    await within(raw.gone, TIMEOUT_MS, 'The end of the connection');
  }
}

async function useHttp(app: AppProcess): Promise<void> {
  const bodies = [
    `{"username":"${SPOKEN}"}`,
    `{"username":["${SPOKEN}"]}`,
    `{"username":"${SPOKEN}`,
    `"${SPOKEN}"`,
  ];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${SPOKEN}` };
    await fetch(`${app.http}/login`, { method: 'POST', headers, body, signal });
  }
  for (const key of [API_KEY, SPOKEN]) {
    const headers = { authorization: `Bearer ${key}` };
    for (const path of [
      `/api/users/${SPOKEN}/connections`,
      `/api/rooms/*/members/${SPOKEN}`,
      '/api/users/%zz',
    ]) {
      await fetch(app.http + path, { method: 'DELETE', headers, signal });
    }
  }
}

it('tokens, keys, passwords and messages, also where something goes wrong', async () => {
  const secrets = new Secrets();
  const keys = await KeyServer.start();
  stage.onClear(() => keys.stop());
  const redis = await stage.redis();
  const app = await stage.app({
    LOG_LEVEL: 'debug',
    JWT_SECRET: SECRET,
    JWT_JWKS_URL: `${keys.url}?key=${SPOKEN}`,
    BEARER_TOKENS: BEARER,
    API_KEYS: API_KEY,
    // Redis here asks for no password, and says so; the client goes on.
    REDIS_URL: `redis://default:${PASSWORD}@127.0.0.1:${redis.port}`,
  });
  for (const down of [false, true]) {
    keys.down = down;
    await showTokens(app, secrets);
    await talk(app);
    await useHttp(app);
  }
  await redis.kill();
  const client = await stage.client(app);
  const failed = async (): Promise<void> =>
    expect(await client.request({ type: 'SUBSCRIBE', room: newRoom() })).toMatchObject({
      code: 'UNAVAILABLE',
    });
  await eventually(failed, TIMEOUT_MS, 'Redis is missed');

  // It does log: what it was started as, what clients did wrong, that Redis is gone.
  const log = app.logs.join('\n');
  expect(log).toMatch(/Listening on/);
  expect(log).toMatch(/DEBUG.*Connection failed.*"connectionId":"c-/);
  expect(log).toMatch(/ECONNREFUSED|Redis/);
  expect(secrets.in(app.logs)).toEqual([]);
});

it.each([
  ['JWT_SECRET', { JWT_SECRET: `short-${SPOKEN}` }],
  ['JWT_PUBLIC_KEY', { JWT_PUBLIC_KEY: `-----BEGIN PUBLIC KEY-----\n${SPOKEN}\n-----END PUBLIC KEY-----` }],
  ['REDIS_URL', { REDIS_URL: `http://user:${SPOKEN}@redis.example.com` }],
  ['JWT_JWKS_URL', { JWT_JWKS_URL: `ftp://user:${SPOKEN}@id.example.com` }],
])('%s, when it is refused at the start', async (name, env) => {
  const { code, stderr } = await AppProcess.refusal({ NODE_ENV: 'production', AUTH_GUESTS: 'false', ...env });
  expect(code).toBe(1);
  expect(stderr).toContain(name);
  expect(stderr).not.toContain(SPOKEN);
});
