// What a test has started: servers, instances and clients, all ended after it, the newest first.
import { once } from 'node:events';
import { connect } from 'node:net';
import { AppProcess } from './app-process.js';
import { NatsServer } from './nats-server.js';
import { Nginx } from './nginx.js';
import { RawSocket } from './raw-socket.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';
import { TestClient } from './test-client.js';

/** What tests do in a second, a client does in an hour. */
const UNHURRIED = {
  COMMANDS_PER_SECOND: '100000',
  COMMANDS_BURST: '1000000',
  JOINS_PER_SECOND: '100000',
  JOINS_BURST: '1000000',
};

export class Stage {
  readonly #endings: (() => Promise<void> | void)[] = [];

  /** For `afterEach` or `afterAll`. */
  async clear(): Promise<void> {
    for (const end of this.#endings.splice(0).toReversed()) await end();
  }

  onClear(end: () => Promise<void> | void): void {
    this.#endings.push(end);
  }

  /** Rates are out of the way, where `env` does not say otherwise. */
  async app(env: Record<string, string> = {}): Promise<AppProcess> {
    return this.#stopping(await AppProcess.start({ ...UNHURRIED, ...env }));
  }

  async redis(options: RedisServerOptions = {}): Promise<RedisServer> {
    return this.#stopping(await RedisServer.start(options));
  }

  async nats(): Promise<NatsServer> {
    return this.#stopping(await NatsServer.start());
  }

  async proxy(targetPort: number): Promise<TcpProxy> {
    return this.#stopping(await TcpProxy.start(targetPort));
  }

  async nginx(upstreams: readonly AppProcess[]): Promise<Nginx> {
    return this.#stopping(await Nginx.start({ upstreams: upstreams.map(({ port }) => port) }));
  }

  /** Two instances on one Redis; what `env` says holds for both. */
  async pair(
    env: Record<string, string> = {},
  ): Promise<{ redis: RedisServer; a: AppProcess; b: AppProcess }> {
    const redis = await this.redis();
    const all = { REDIS_URL: redis.url, ...env };
    const [a, b] = await Promise.all([this.app(all), this.app(all)]);
    return { redis, a, b };
  }

  /** A native client which has been welcomed. */
  async client(server: { url: string }, path = '/'): Promise<TestClient> {
    const client = await this.connect(server.url + path);
    await client.next('WELCOME');
    return client;
  }

  /** A client just connected: nothing that it was told has been taken. */
  async connect(...args: Parameters<typeof TestClient.connect>): Promise<TestClient> {
    const client = await TestClient.connect(...args);
    this.onClear(() => client.terminate());
    return client;
  }

  async raw(...args: Parameters<typeof RawSocket.connect>): Promise<RawSocket> {
    const raw = await RawSocket.connect(...args);
    this.onClear(() => raw.destroy());
    return raw;
  }

  /** Opens a TCP connection and says nothing on it; its end is what the promise inside resolves with. */
  async tcp(port: number): Promise<{ ended: Promise<unknown> }> {
    const socket = connect({ port, host: '127.0.0.1' });
    this.onClear(() => void socket.destroy());
    await once(socket, 'connect');
    socket.on('error', () => undefined).resume();
    return { ended: new Promise((resolve) => socket.once('close', resolve)) };
  }

  #stopping<T extends { stop(): Promise<void> }>(started: T): T {
    this.onClear(() => started.stop());
    return started;
  }
}
