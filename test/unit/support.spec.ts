// The servers and faults that other tests are built on: what they promise, tried on the real thing.
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { within } from '../support/deadline.js';
import { EchoServer } from '../support/echo-server.js';
import { Nginx } from '../support/nginx.js';
import { RedisServer, type RedisServerOptions } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { TestClient } from '../support/test-client.js';

const TIMEOUT_MS = 5000;

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function stopAfterwards<T extends { stop(): Promise<void> }>(started: T): T {
  cleanups.push(() => started.stop());
  return started;
}

async function startEcho(name?: string): Promise<EchoServer> {
  return stopAfterwards(await EchoServer.start(name));
}

async function connect(port: number): Promise<TestClient> {
  const client = await TestClient.connect(`ws://127.0.0.1:${port}`);
  cleanups.push(() => client.terminate());
  return client;
}

async function startRedis(options: RedisServerOptions = {}): Promise<{ server: RedisServer; redis: Redis }> {
  const server = stopAfterwards(await RedisServer.start(options));
  const redis = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  cleanups.push(() => redis.disconnect());
  await within(redis.ping(), TIMEOUT_MS, 'PING');
  return { server, redis };
}

async function startProxied(): Promise<{ proxy: TcpProxy; client: TestClient }> {
  const echo = await startEcho();
  const proxy = stopAfterwards(await TcpProxy.start(echo.port));
  const client = await connect(proxy.port);
  await client.next('HELLO');
  return { proxy, client };
}

describe('RedisServer', () => {
  it('keeps its data over a kill and a restart, when it has an append-only file', async () => {
    const { server, redis } = await startRedis({ appendonly: true, maxmemory: '16mb' });
    await redis.set('key', 'value');
    const closed = once(redis, 'close');
    await server.kill();
    await within(closed, TIMEOUT_MS, 'The client notices the kill');

    await server.restart();
    expect(await within(redis.get('key'), TIMEOUT_MS, 'GET')).toBe('value');
    expect(await redis.config('GET', 'maxmemory')).toEqual(['maxmemory', String(16 * 1024 * 1024)]);
  });

  it('has forgotten all after a restart, when it has none', async () => {
    const { server, redis } = await startRedis();
    await redis.set('key', 'value');
    await server.restart();
    expect(await within(redis.get('key'), TIMEOUT_MS, 'GET')).toBeNull();
  });

  it('answers nothing while it is paused', async () => {
    const { server, redis } = await startRedis();
    server.pause();
    const answer = redis.ping();
    await expect(within(answer, 100, 'PING')).rejects.toThrow('not within 100 ms');
    server.resume();
    expect(await within(answer, TIMEOUT_MS, 'PING')).toBe('PONG');
  });

  it('tells why it could not start', async () => {
    const { server } = await startRedis();
    await expect(RedisServer.start({ port: server.port })).rejects.toThrow('Address already in use');
  });
});

describe('TcpProxy', () => {
  it('forwards nothing through a black hole, and everything afterwards', async () => {
    const { proxy, client } = await startProxied();
    proxy.blackhole(true);
    const fenced = client.fence();
    const text = 'x'.repeat(4 * 1024 * 1024);
    client.send({ type: 'BIG', text });
    await expect(within(fenced, 100, 'PONG')).rejects.toThrow('not within 100 ms');
    expect(proxy.connections).toBe(1);

    proxy.blackhole(false);
    expect(await fenced).toEqual([]);
    expect(await client.next('BIG')).toEqual({ type: 'BIG', text });
  });

  it('cuts connections, and refuses new ones until told otherwise', async () => {
    const { proxy, client } = await startProxied();
    proxy.refuse(true);
    proxy.cut();
    expect(await within(client.closed, TIMEOUT_MS, 'The cut')).toMatchObject({ code: 1006 });
    await expect(connect(proxy.port)).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(proxy.connections).toBe(0);

    proxy.refuse(false);
    expect(await (await connect(proxy.port)).next('HELLO')).toBeDefined();
  });

  it('holds back what the server sends, in order', async () => {
    const { proxy, client } = await startProxied();
    proxy.delay(80);
    const sentAt = performance.now();
    client.send({ type: 'ONE' });
    client.send({ type: 'TWO' });
    expect(await client.fence()).toEqual([{ type: 'ONE' }, { type: 'TWO' }]);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(79);
  });

  it('drops replies while requests go on', async () => {
    const { proxy, client } = await startProxied();
    proxy.dropReplies(true);
    await expect(client.request({ type: 'LOST' }, 100)).rejects.toThrow('not within 100 ms');
    proxy.dropReplies(false);
    expect(await client.request({ type: 'ECHO' })).toMatchObject({ type: 'ECHO' });
    expect(client.queued).toEqual([]);
  });

  it('passes an orderly end on', async () => {
    const { client } = await startProxied();
    await client.close();
    expect(await client.closed).toMatchObject({ code: 1000 });
  });
});

describe('Nginx, with docker/nginx', () => {
  it('passes WebSockets on, with the headers that tell where they come from', async () => {
    const echo = await startEcho();
    const nginx = stopAfterwards(await Nginx.start({ upstreams: [echo.port] }));
    const client = await connect(nginx.port);

    expect(client.protocol).toBe('roomcast.v1');
    expect(await client.request({ type: 'ECHO' })).toMatchObject({ type: 'ECHO' });
    expect(echo.handshakes[0]).toMatchObject({
      host: `127.0.0.1:${nginx.port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
  });

  it('passes plain HTTP on', async () => {
    const echo = await startEcho('a');
    const nginx = stopAfterwards(await Nginx.start({ upstreams: [echo.port] }));
    const response = await fetch(`http://127.0.0.1:${nginx.port}/`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    expect(await response.text()).toBe('a');
  });

  it('spreads connections evenly over two instances', async () => {
    const [a, b] = [await startEcho('a'), await startEcho('b')];
    const nginx = stopAfterwards(await Nginx.start({ upstreams: [a.port, b.port] }));
    for (let opened = 0; opened < 6; opened++) await (await connect(nginx.port)).next('HELLO');
    expect([a.handshakes.length, b.handshakes.length]).toEqual([3, 3]);
  });

  it('goes over to other instances on a reload, and keeps the open connections', async () => {
    const [a, b] = [await startEcho('a'), await startEcho('b')];
    const nginx = stopAfterwards(await Nginx.start({ upstreams: [a.port] }));
    const before = await connect(nginx.port);

    await nginx.reload([b.port]);
    expect(await (await connect(nginx.port)).next('HELLO')).toMatchObject({ name: 'b' });
    await nginx.reload();
    expect(await before.next('HELLO')).toMatchObject({ name: 'a' });
    expect(await before.request({ type: 'ECHO' })).toMatchObject({ type: 'ECHO' });
  });
});
