// TCP connections with both ends in the test: the one that a server has accepted, and its peer.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from '@jest/globals';
import { eventually } from './deadline.js';

const TIMEOUT_MS = 10_000;

export interface SocketPair {
  /** The server's end. */
  readonly stream: Socket;
  readonly peer: Socket;
}

export class SocketPairs {
  readonly #pairs: SocketPair[] = [];

  private constructor(private readonly server: Server) {}

  static async listen(): Promise<SocketPairs> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SocketPairs(server);
  }

  /** To be called again only when it has resolved. */
  async connect(): Promise<SocketPair> {
    const { port } = this.server.address() as AddressInfo;
    const peer = connect(port, '127.0.0.1');
    const [stream] = (await once(this.server, 'connection')) as [Socket];
    const pair = { stream, peer };
    this.#pairs.push(pair);
    return pair;
  }

  async close(): Promise<void> {
    for (const { stream, peer } of this.#pairs) for (const socket of [peer, stream]) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Resolves when exactly these bytes have been received. */
export async function arrive(bytes: Buffer, received: readonly Buffer[]): Promise<void> {
  const complete = () => expect(Buffer.concat(received).length).toBe(bytes.length);
  await eventually(complete, TIMEOUT_MS, 'all bytes arrive');
  expect(Buffer.concat(received).equals(bytes)).toBe(true);
}
