// How the links to Redis are read: past Node's streams, or by them; also after they were made anew.
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisManager } from '../../src/brokers/redis/redis-manager.js';
import { eventually } from '../support/deadline.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const NOBODY = {
  onMessage: () => undefined,
  onCommandsReady: () => undefined,
  onSubscriberReady: () => undefined,
};

let server: RedisServer;
let proxy: TcpProxy;

beforeAll(async () => {
  server = await RedisServer.start();
  proxy = await TcpProxy.start(server.port);
});

afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

describe.each([
  ['past the stream', true],
  ['by the stream', false],
])('a link to Redis is read %s', (_way, directIo) => {
  let manager: RedisManager;

  afterEach(async () => {
    await manager.close();
  });

  async function untilReady(): Promise<void> {
    await eventually(
      () => {
        if (!manager.ready) throw new Error('not ready');
      },
      10_000,
      'both links are ready',
    );
  }

  /** Whether what a link brings was copied out of the buffer that it shares: into Node's pool of small buffers. */
  async function readsDirectly(): Promise<boolean> {
    const read = once(manager.commands.stream, 'data') as Promise<[Buffer]>;
    expect(await manager.commands.ping()).toBe('PONG');
    const [chunk] = await read;
    return chunk.buffer.byteLength === Buffer.poolSize;
  }

  it('from its start, and once it was cut and is back', async () => {
    manager = new RedisManager({ url: `redis://127.0.0.1:${proxy.port}`, directIo });
    manager.connect(NOBODY);
    await untilReady();
    expect(await readsDirectly()).toBe(directIo);
    const gone = once(manager.commands, 'close');
    proxy.cut();
    await gone;
    await untilReady();
    expect(await readsDirectly()).toBe(directIo);
  });
});
