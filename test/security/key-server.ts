// An identity provider's key set over HTTP: it can change its keys, fall over, and take its time.
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { freePort } from '../support/free-port.js';

export class KeyServer {
  /** How often it was asked. */
  requests = 0;
  /** Answers 500 instead. */
  down = false;
  readonly #keys = new Map<string, KeyObject>();
  readonly #held: ServerResponse[] = [];
  #holding = false;
  #onRequest: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<KeyServer> {
    const server = createServer((_request, response) => keys.#answer(response));
    const keys = new KeyServer(server, await freePort());
    server.listen(keys.port, '127.0.0.1');
    await once(server, 'listening');
    return keys;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/keys.json`;
  }

  /** Publishes a key under a name; it replaces none. */
  publish(kid: string, key: KeyObject): void {
    this.#keys.set(kid, key);
  }

  withdraw(kid: string): void {
    this.#keys.delete(kid);
  }

  /** Answers nobody until it is released. */
  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    for (const response of this.#held.splice(0)) this.#send(response);
  }

  /** Resolves with the next request. */
  async asked(): Promise<void> {
    await new Promise<void>((resolve) => this.#onRequest.push(resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  #answer(response: ServerResponse): void {
    this.requests++;
    if (this.#holding) this.#held.push(response);
    else this.#send(response);
    for (const resolve of this.#onRequest.splice(0)) resolve();
  }

  #send(response: ServerResponse): void {
    const keys = [...this.#keys].map(([kid, key]) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' }));
    response.writeHead(this.down ? 500 : 200, { 'content-type': 'application/json' });
    response.end(this.down ? '' : JSON.stringify({ keys }));
  }
}
