// Instances of the shipped server on one real broker, each behind a proxy of its own.
import { AppProcess } from '../support/app-process.js';
import { NatsServer } from '../support/nats-server.js';
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
  /** Between this instance and the broker. */
  readonly proxy: TcpProxy;
}

interface FleetOptions {
  /** Which server the instances share. Default: redis. */
  readonly broker?: 'redis' | 'nats';
  readonly redis?: RedisServerOptions;
  readonly env?: Record<string, string>;
}

export class Fleet {
  private constructor(
    readonly server: RedisServer | NatsServer,
    readonly members: Member[],
    private readonly env: Record<string, string>,
  ) {}

  static async start(size: number, { broker = 'redis', redis, env }: FleetOptions = {}): Promise<Fleet> {
    const server = await (broker === 'nats' ? NatsServer.start() : RedisServer.start(redis));
    const fleet = new Fleet(server, [], { LOG_LEVEL: 'warn', ...UNLIMITED, ...env });
    try {
      await Promise.all(Array.from({ length: size }, () => fleet.#add()));
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** Of a fleet on Redis. */
  get redis(): RedisServer {
    if (this.server instanceof RedisServer) return this.server;
    throw new TypeError('the fleet is not on Redis');
  }

  /** Of a fleet on NATS. */
  get nats(): NatsServer {
    if (this.server instanceof NatsServer) return this.server;
    throw new TypeError('the fleet is not on NATS');
  }

  get urls(): string[] {
    return this.members.map(({ app }) => `${app.url}/ws`);
  }

  /** Starts an instance again on its old port. */
  async restart({ app, proxy }: Member): Promise<void> {
    const member = this.members.find((each) => each.app === app)!;
    member.app = await this.#launch(proxy, { PORT: String(app.port) });
  }

  /** Cuts all links of all instances to the broker. */
  cutLinks(): void {
    for (const { proxy } of this.members) proxy.cut();
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.members.map(async ({ app, proxy }) => {
        await app.stop();
        await proxy.stop();
      }),
    );
    await this.server.stop();
  }

  async #add(): Promise<void> {
    const proxy = await TcpProxy.start(this.server.port);
    this.members.push({ proxy, app: await this.#launch(proxy, {}) });
  }

  #launch(proxy: TcpProxy, env: Record<string, string>): Promise<AppProcess> {
    const [name, scheme] = this.server instanceof RedisServer ? ['REDIS_URL', 'redis'] : ['NATS_URL', 'nats'];
    return AppProcess.start({ [name]: `${scheme}://127.0.0.1:${proxy.port}`, ...this.env, ...env });
  }
}
