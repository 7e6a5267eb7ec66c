// docker/nginx: each way of balancing is a valid file, carries WebSockets, and does what its name says.
import { afterEach, describe, expect, it } from '@jest/globals';
import { EchoServer } from '../support/echo-server.js';
import { BALANCING, Nginx, type Balancing, type NginxOptions } from '../support/nginx.js';
import { Stage } from '../support/stage.js';
import { TestClient } from '../support/test-client.js';

const CONNECTIONS = 6;

const stage = new Stage();
afterEach(() => stage.clear());

async function echo(name: string): Promise<EchoServer> {
  const server = await EchoServer.start(name);
  stage.onClear(() => server.stop());
  return server;
}

async function nginx(options: NginxOptions): Promise<Nginx> {
  const started = await Nginx.start(options);
  stage.onClear(() => started.stop());
  return started;
}

/** Opens a WebSocket on /ws, and tells which instance took it. */
async function connect(port: number): Promise<{ client: TestClient; name: unknown }> {
  const client = await TestClient.connect(`ws://127.0.0.1:${port}/ws`);
  stage.onClear(() => client.terminate());
  return { client, name: (await client.next('HELLO'))['name'] };
}

async function connectMany(port: number): Promise<unknown[]> {
  const names = [];
  for (let opened = 0; opened < CONNECTIONS; opened++) names.push((await connect(port)).name);
  return names;
}

/** Who takes the clients; whichever comes first, since by an address one of the two is chosen always. */
async function takers(one: EchoServer, other: EchoServer, balancing: Balancing): Promise<Set<unknown>> {
  const names = [];
  for (const [first, second] of [
    [one, other],
    [other, one],
  ] as const) {
    const { port } = await nginx({ upstreams: [first.port, second.port], balancing });
    names.push(...(await connectMany(port)));
  }
  return new Set(names);
}

describe.each(BALANCING)('nginx, balancing by %s', (balancing) => {
  it('carries WebSockets', async () => {
    const instance = await echo('a');
    const { client } = await connect((await nginx({ upstreams: [instance.port], balancing })).port);
    expect(client.protocol).toBe('roomcast.v1');
    expect(await client.request({ type: 'ECHO' })).toMatchObject({ type: 'ECHO' });
  });

  it('goes to another instance when one is leaving, and shows no client that it is', async () => {
    const [here, leaving] = [await echo('here'), await echo('leaving')];
    leaving.accepting = false;
    expect(await takers(here, leaving, balancing)).toEqual(new Set(['here']));
  });

  it('goes to another instance when one is gone', async () => {
    const [here, gone] = [await echo('here'), await echo('gone')];
    await gone.stop();
    expect(await takers(here, gone, balancing)).toEqual(new Set(['here']));
  });
});

/** Opens one to each of two instances, and closes the second: now it has the fewest, while it is the first one's turn. */
async function stepAside(
  balancing: 'least-conn' | 'round-robin',
): Promise<{ port: number; names: unknown[] }> {
  const [a, b] = [await echo('a'), await echo('b')];
  const { port } = await nginx({ upstreams: [a.port, b.port], balancing });
  const [first, second] = [await connect(port), await connect(port)];
  await second.client.close();
  return { port, names: [first.name, second.name] };
}

describe('nginx', () => {
  it('sends a client to where the fewest connections are, by least-conn', async () => {
    const { port, names } = await stepAside('least-conn');
    expect((await connect(port)).name).toBe(names[1]);
  });

  it('takes the instances in turn, by round-robin', async () => {
    const { port, names } = await stepAside('round-robin');
    expect(new Set(names)).toEqual(new Set(['a', 'b']));
    expect((await connect(port)).name).toBe(names[0]);
  });

  it('keeps the clients of an address on one instance, by ip-hash', async () => {
    const [a, b] = [await echo('a'), await echo('b')];
    const { port } = await nginx({ upstreams: [a.port, b.port], balancing: 'ip-hash' });
    expect(new Set(await connectMany(port)).size).toBe(1);
  });
});
