// docker/haproxy.cfg: HAProxy takes it without a warning, and it carries WebSockets to instances that are ready.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EchoServer } from '../support/echo-server.js';
import { Stage } from '../support/stage.js';
import { TestClient } from '../support/test-client.js';
import { checkHaproxy, Haproxy, SHIPPED } from './haproxy.js';

const TIMEOUT_MS = 5000;

const stage = new Stage();
let a: EchoServer;
let b: EchoServer;
let haproxy: Haproxy;

beforeEach(async () => {
  [a, b] = [await EchoServer.start('a'), await EchoServer.start('b')];
  haproxy = await Haproxy.start([a.port, b.port]);
});
afterEach(async () => {
  await stage.clear();
  await haproxy.stop();
  await a.stop();
  await b.stop();
});

async function connect(): Promise<{ client: TestClient; name: unknown }> {
  const client = await TestClient.connect(`ws://127.0.0.1:${haproxy.port}/ws`);
  stage.onClear(() => client.terminate());
  return { client, name: (await client.next('HELLO'))['name'] };
}

describe('HAProxy, with docker/haproxy.cfg', () => {
  it('finds nothing to complain of', async () => {
    expect(await checkHaproxy(SHIPPED)).toEqual({ code: 0, says: 'Configuration file is valid' });
  });

  it('carries WebSockets to where the fewest are, and tells where they come from', async () => {
    const [first, second] = [await connect(), await connect()];
    expect(new Set([first.name, second.name])).toEqual(new Set(['a', 'b']));
    expect(await first.client.request({ type: 'ECHO' })).toMatchObject({ type: 'ECHO' });
    expect(a.handshakes[0]).toMatchObject({
      host: `127.0.0.1:${haproxy.port}`,
      'x-forwarded-for': '127.0.0.1',
    });
  });

  it('sends nobody to an instance that is not ready, leaves those it has, and comes back to it', async () => {
    const clients = [await connect(), await connect()];
    const onA = clients.find(({ name }) => name === 'a')!.client;
    a.ready = false;
    await haproxy.says(0, 'DOWN');
    for (let opened = 0; opened < 4; opened++) expect((await connect()).name).toBe('b');
    expect(await onA.request({ type: 'ECHO' })).toMatchObject({ type: 'ECHO' });

    a.ready = true;
    await haproxy.says(0, 'UP');
    expect((await connect()).name).toBe('a');
  });

  it('takes a handshake that one instance answers with 503 to another', async () => {
    a.accepting = false;
    for (let opened = 0; opened < 4; opened++) expect((await connect()).name).toBe('b');
  });

  it('sends nothing else twice', async () => {
    a.ready = b.ready = false;
    const url = `http://127.0.0.1:${haproxy.port}/api/rooms/general/messages`;
    const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(TIMEOUT_MS) });
    expect(response.status).toBe(503);
    const posts = [...a.requests, ...b.requests].filter((request) => request.startsWith('POST'));
    expect(posts).toEqual(['POST /api/rooms/general/messages']);
  });
});
