// A JSON-RPC client from a public library, over a WebSocket: it knows nothing of this server.
import { once } from 'node:events';
import { JSONRPCClient, JSONRPCServer, JSONRPCServerAndClient } from 'json-rpc-2.0';
import { WebSocket } from 'ws';
import { eventually } from './deadline.js';

const TIMEOUT_MS = 20_000;

/** What the server said unasked. */
interface Notification {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export class RpcClient {
  readonly heard: Notification[] = [];
  readonly #peer: JSONRPCServerAndClient;

  private constructor(readonly socket: WebSocket) {
    const server = new JSONRPCServer();
    server.applyMiddleware(async (_next, { method, params }) => {
      this.heard.push({ method, params: params as Notification['params'] });
      return null;
    });
    const client = new JSONRPCClient((payload) => socket.send(JSON.stringify(payload)));
    this.#peer = new JSONRPCServerAndClient(server, client);
    socket.on('message', (data: Buffer) => void this.#peer.receiveAndSend(JSON.parse(data.toString())));
    socket.on('error', () => undefined);
  }

  static async connect(url: string): Promise<RpcClient> {
    const socket = new WebSocket(url, 'roomcast.jsonrpc.v1', { handshakeTimeout: TIMEOUT_MS });
    const client = new RpcClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** The result. Rejects with the library's error, which has `code` and `data`. */
  async call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return (await this.#peer.timeout(TIMEOUT_MS).request(method, params)) as Record<string, unknown>;
  }

  notify(method: string, params: object): void {
    this.#peer.notify(method, params);
  }

  /** Resolves with the responses, in the order in which they stand in the server's answer. */
  async batch(requests: readonly object[]): Promise<unknown[]> {
    const calls = requests.map((request) => ({ jsonrpc: '2.0', ...request }));
    return this.#peer.timeout(TIMEOUT_MS).requestAdvanced(calls as never) as unknown as Promise<unknown[]>;
  }

  /** Resolves with the first notification of a method whose params have these members. */
  async hears(method: string, members: object): Promise<Notification> {
    const matches = ({ params, ...heard }: Notification): boolean =>
      heard.method === method && Object.entries(members).every(([name, value]) => params[name] === value);
    await eventually(
      () => {
        if (!this.heard.some(matches)) throw new Error(`heard ${JSON.stringify(this.heard.slice(-5))}`);
      },
      TIMEOUT_MS,
      `${method} with ${JSON.stringify(members)} is heard`,
    );
    return this.heard.find(matches)!;
  }
}
