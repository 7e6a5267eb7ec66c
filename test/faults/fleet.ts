// Instances of the shipped server on one real Redis, each behind a proxy of its own.
import { AppProcess } from '../support/app-process.js';
import { RedisServer, type RedisServerOptions } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** All clients come from one address, and some talk as fast as they can: limits have tests of their own. */
const UNLIMITED = {
  COMMANDS_PER_SECOND: '1000000',
  COMMANDS_BURST: '1000000',
  JOINS_PER_SECOND: '1000000',
  JOINS_BURST: '1000000',
  MAX_HANDSHAKES_PER_MINUTE: '1000000',
  MAX_CONNECTIONS_PER_ADDRESS: '1000000',
};

export interface Member {
  app: AppProcess;
  /** Between this instance and Redis. */
  readonly proxy: TcpProxy;
}

export class Fleet {
  private constructor(
    readonly redis: RedisServer,
    readonly members: Member[],
    private readonly env: Record<string, string>,
  ) {}

  static async start(
    size: number,
    options: { redis?: RedisServerOptions; env?: Record<string, string> } = {},
  ): Promise<Fleet> {
    const redis = await RedisServer.start(options.redis);
    const fleet = new Fleet(redis, [], { LOG_LEVEL: 'warn', ...UNLIMITED, ...options.env });
    try {
      await Promise.all(Array.from({ length: size }, () => fleet.#add()));
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  get urls(): string[] {
    return this.members.map(({ app }) => `${app.url}/ws`);
  }

  /** Starts an instance again on its old port. */
  async restart({ app, proxy }: Member): Promise<void> {
    const member = this.members.find((each) => each.app === app)!;
    member.app = await this.#launch(proxy, { PORT: String(app.port) });
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.members.map(async ({ app, proxy }) => {
        await app.stop();
        await proxy.stop();
      }),
    );
    await this.redis.stop();
  }

  async #add(): Promise<void> {
    const proxy = await TcpProxy.start(this.redis.port);
    this.members.push({ proxy, app: await this.#launch(proxy, {}) });
  }

  #launch(proxy: TcpProxy, env: Record<string, string>): Promise<AppProcess> {
    return AppProcess.start({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, ...this.env, ...env });
  }
}
