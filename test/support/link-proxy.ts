// A TCP proxy on loopback whose connections can be silenced one by one, chosen by what their client has said.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';

/** How much of a client's first words is kept to choose by, bytes. */
const MAX_SAID = 4_096;

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  said: string;
  silent: boolean;
}

export class LinkProxy {
  readonly #links = new Set<Link>();

  private constructor(
    readonly port: number,
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a free port, and connects each client to `targetPort`. */
  static async start(targetPort: number): Promise<LinkProxy> {
    const server = createServer();
    const proxy = new LinkProxy(await freePort(), server, targetPort);
    server.listen(proxy.port, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /**
   * Keeps those open connections whose client began with something that contains `text`, and forwards nothing on
   * them any more, either way. Later connections are as good as any. Returns how many it found.
   */
  silence(text: string): number {
    const chosen = [...this.#links].filter(({ said, silent }) => !silent && said.includes(text));
    for (const link of chosen) {
      link.silent = true;
      link.client.pause();
      link.server.pause();
    }
    return chosen.length;
  }

  async stop(): Promise<void> {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    this.server.close();
    await once(this.server, 'close');
  }

  #accept(client: Socket): void {
    const server = connect({ port: this.targetPort, host: '127.0.0.1' });
    const link: Link = { client, server, said: '', silent: false };
    this.#links.add(link);
    client.on('data', (chunk) => {
      if (link.said.length < MAX_SAID) link.said += chunk.toString('latin1');
      server.write(chunk);
    });
    server.on('data', (chunk) => client.write(chunk));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.#links.delete(link);
      });
    }
  }
}
