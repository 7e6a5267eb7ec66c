// Too many connections or handshakes, of one address, of one user, or altogether: 429, and the others are served.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { eventually } from '../support/deadline.js';
import { frameOf } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import { goodToken, newPair, SECRET, signedBy } from './forge.js';
import { KeyServer } from './key-server.js';
import { RawHttp, type UpgradeParts, upgradeRequest } from './raw-http.js';

const TIMEOUT_MS = 10_000;

const stage = new Stage();
afterEach(() => stage.clear());

/** Those of so many handshakes at once which were accepted: they stay open. The others have to be 429. */
async function acceptedOf(
  { port }: AppProcess,
  count: number,
  parts: (index: number) => UpgradeParts = () => ({}),
): Promise<RawHttp[]> {
  const raws = await Promise.all(Array.from({ length: count }, () => RawHttp.open(port)));
  stage.onClear(() => raws.forEach((raw) => raw.destroy()));
  raws.forEach((raw, index) => raw.write(upgradeRequest(parts(index))));
  const accepted: RawHttp[] = [];
  for (const raw of raws) {
    const { status, headers, head } = await raw.answer();
    if (status === 101) accepted.push(raw);
    else if (status !== 429 || !(Number(headers.get('retry-after')) > 0))
      throw new Error(`refused by: ${head}`);
  }
  return accepted;
}

const from = (address: string): UpgradeParts => ({ headers: { 'X-Forwarded-For': address } });
const as = (user: string): UpgradeParts => ({
  headers: { Authorization: `Bearer ${goodToken({ sub: user })}` },
});

/** As many are accepted again as there is room for, once those have gone. */
async function expectAcceptedAgain(app: AppProcess, parts?: () => UpgradeParts): Promise<void> {
  const accept = async (): Promise<void> => expect(await acceptedOf(app, 1, parts)).toHaveLength(1);
  await eventually(accept, TIMEOUT_MS, 'a connection is accepted again');
}

it('handshakes of one address within a minute are 429 with Retry-After', async () => {
  const app = await stage.app({ MAX_HANDSHAKES_PER_MINUTE: '10' });
  const client = await stage.client(app);
  expect(await acceptedOf(app, 30)).toHaveLength(9);
  expect(await acceptedOf(app, 1)).toHaveLength(0);
  expect(await client.fence()).toEqual([]);
  expect(await app.health()).toMatchObject({ status: 'ok', connections: 10 });
});

it.each([
  ['flooding', '{"type":"PING"}'],
  ['malformed frames', '{"type":'],
])('who was cut for %s has used up many handshakes of its address, and of no other', async (_, frame) => {
  const env = { TRUSTED_PROXY_HOPS: '1', COMMANDS_PER_SECOND: '1', COMMANDS_BURST: '5' };
  const app = await stage.app({ ...env, MAX_HANDSHAKES_PER_MINUTE: '62' });
  const [flooder] = await acceptedOf(app, 1, () => from('192.0.2.1'));
  flooder!.write(Buffer.concat(Array.from({ length: 20 }, () => frameOf(frame))));
  const closed = async (): Promise<void> => expect(await app.health()).toMatchObject({ connections: 0 });
  await eventually(closed, TIMEOUT_MS, 'the flooder is cut');
  expect(await acceptedOf(app, 3, () => from('192.0.2.1'))).toHaveLength(1);
  expect(await acceptedOf(app, 3, () => from('192.0.2.2'))).toHaveLength(3);
});

it('handshakes that are refused count as well', async () => {
  const app = await stage.app({ MAX_HANDSHAKES_PER_MINUTE: '5' });
  const forged: UpgradeParts = { headers: { Authorization: 'Bearer forged' } };
  for (let nth = 1; nth <= 5; nth++) {
    const raw = await RawHttp.open(app.port);
    raw.write(upgradeRequest(forged));
    expect(await raw.answer()).toMatchObject({ status: 401 });
    raw.destroy();
  }
  expect(await acceptedOf(app, 1)).toHaveLength(0);
});

describe('connections', () => {
  it('of one address are so many', async () => {
    const app = await stage.app({ MAX_CONNECTIONS_PER_ADDRESS: '3' });
    const client = await stage.client(app);
    const [first, ...others] = await acceptedOf(app, 6);
    expect(others).toHaveLength(1);
    first!.destroy();
    await expectAcceptedAgain(app);
    expect(await acceptedOf(app, 1)).toHaveLength(0);
    expect(await client.fence()).toEqual([]);
  });

  it('of one user are so many, however many others there are', async () => {
    const app = await stage.app({ MAX_CONNECTIONS_PER_USER: '2', JWT_SECRET: SECRET });
    const client = await stage.client(app);
    const [first, ...others] = await acceptedOf(app, 6, () => as('u-ada'));
    expect(others).toHaveLength(1);
    expect(await acceptedOf(app, 3, (index) => as(`u-${index}`))).toHaveLength(3);
    first!.destroy();
    await expectAcceptedAgain(app, () => as('u-ada'));
    expect(await acceptedOf(app, 1, () => as('u-ada'))).toHaveLength(0);
    expect(await client.fence()).toEqual([]);
  });

  it('of one user are so many also where the token comes by AUTH', async () => {
    const app = await stage.app({ MAX_CONNECTIONS_PER_USER: '2', JWT_SECRET: SECRET });
    const clients = await Promise.all([1, 2, 3].map(() => stage.client(app)));
    const replies = [];
    for (const client of clients) replies.push(await client.request({ type: 'AUTH', token: goodToken() }));
    expect(replies.map(({ type, code }) => code ?? type)).toEqual([
      'AUTHENTICATED',
      'AUTHENTICATED',
      'RATE_LIMITED',
    ]);
    expect(replies[2]).toMatchObject({ retryable: true, retryAfterMs: expect.any(Number) });
    // Showing it again takes no further place, and leaving gives one back.
    expect(await clients[0]!.request({ type: 'AUTH', token: goodToken() })).toMatchObject({
      type: 'AUTHENTICATED',
    });
    await clients[0]!.close();
    const again = async (): Promise<void> =>
      expect(await clients[2]!.request({ type: 'AUTH', token: goodToken() })).toMatchObject({
        type: 'AUTHENTICATED',
      });
    await eventually(again, TIMEOUT_MS, 'the place is free again');
  });

  it('of all are so many', async () => {
    const app = await stage.app({ MAX_CONNECTIONS: '4' });
    const client = await stage.client(app);
    const [first, ...others] = await acceptedOf(app, 10);
    expect(others).toHaveLength(2);
    expect(await app.health()).toMatchObject({ connections: 4 });
    first!.destroy();
    await expectAcceptedAgain(app);
    expect(await client.fence()).toEqual([]);
  });

  it.each([
    ['MAX_CONNECTIONS_PER_ADDRESS', (): string => 'u-x'],
    ['MAX_CONNECTIONS', (): string => 'u-x'],
    ['MAX_CONNECTIONS_PER_USER', (): string => 'u-ada'],
  ])('are within %s also when many are authenticated at once, slowly', async (limit, userOf) => {
    const keys = await KeyServer.start();
    stage.onClear(() => keys.stop());
    const pair = newPair('ES256');
    keys.publish('one', pair.publicKey);
    const app = await stage.app({ [limit]: '2', JWT_JWKS_URL: keys.url });
    keys.hold();
    const asked = keys.asked();
    const token = signedBy(pair, { sub: userOf(), exp: 4e9 }, { kid: 'one' });
    const accepted = acceptedOf(app, 12, () => ({ headers: { Authorization: `Bearer ${token}` } }));
    await asked;
    keys.release();
    expect(await accepted).toHaveLength(2);
    expect(await app.health()).toMatchObject({ connections: 2 });
  });
});

describe('X-Forwarded-For', () => {
  it('is believed of nobody where no proxy is trusted', async () => {
    const app = await stage.app({ MAX_CONNECTIONS_PER_ADDRESS: '3' });
    expect(await acceptedOf(app, 8, (index) => from(`203.0.113.${index}`))).toHaveLength(3);
  });

  it('tells the address as the trusted proxy wrote it, whatever the client wrote before', async () => {
    const app = await stage.app({ MAX_CONNECTIONS_PER_ADDRESS: '3', TRUSTED_PROXY_HOPS: '1' });
    expect(await acceptedOf(app, 8, (index) => from(`203.0.113.${index}, 198.51.100.7`))).toHaveLength(3);
    expect(await acceptedOf(app, 8, (index) => from(`203.0.113.${index}`))).toHaveLength(8);
    expect(await acceptedOf(app, 8, () => from('127.0.0.1, 198.51.100.8'))).toHaveLength(3);
  });

  it('tells the address which the outermost of several trusted proxies saw', async () => {
    const app = await stage.app({ MAX_CONNECTIONS_PER_ADDRESS: '3', TRUSTED_PROXY_HOPS: '2' });
    expect(
      await acceptedOf(app, 8, (index) => from(`203.0.113.${index}, 198.51.100.7, 10.0.0.${index}`)),
    ).toHaveLength(3);
  });

  it('counts a whole IPv6 network of 64 bits as one address', async () => {
    const app = await stage.app({ MAX_CONNECTIONS_PER_ADDRESS: '3', TRUSTED_PROXY_HOPS: '1' });
    const hosts = [
      '2001:db8::1',
      '2001:0DB8::2',
      '2001:db8:0:0:ffff::',
      '2001:db8:0:0:1:2:3:4',
      '2001:db8::%eth0',
    ];
    expect(await acceptedOf(app, hosts.length, (index) => from(hosts[index]!))).toHaveLength(3);
    expect(await acceptedOf(app, 4, (index) => from(`2001:db8:0:${index + 1}::1`))).toHaveLength(4);
  });

  it('is nothing to break the server with', async () => {
    const app = await stage.app({ TRUSTED_PROXY_HOPS: '1' });
    const odd = ['', ',', ' , ,', 'x'.repeat(5_000), '::', ':::::', '1:2:3', '[::1]:80', '%', '__proto__'];
    expect(await acceptedOf(app, odd.length, (index) => from(odd[index]!))).toHaveLength(odd.length);
  });

  it('counts for HTTP as well', async () => {
    const app = await stage.app({ MAX_REQUESTS_PER_MINUTE: '3', TRUSTED_PROXY_HOPS: '1' });
    const login = async (address: string): Promise<Response> =>
      fetch(`${app.http}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: '{"username":"Ada"}',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    const answers = [];
    for (let nth = 0; nth < 5; nth++) answers.push(await login(`203.0.113.${nth}, 198.51.100.7`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(Number(answers[4]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await login('198.51.100.8')).status).toBe(200);
  });
});
