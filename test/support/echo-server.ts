// A small HTTP and WebSocket server, which stands in for a Roomcast instance where the test tools are tested.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { freePort } from './free-port.js';

/** Over HTTP it answers its name. On a WebSocket it says HELLO with its name, PONG to a PING, and else what it hears. */
export class EchoServer {
  /** Those of each WebSocket handshake, oldest first. */
  readonly handshakes: IncomingHttpHeaders[] = [];
  /** Method and path of each request that is no handshake, oldest first. */
  readonly requests: string[] = [];
  /** While false, requests are answered with 503. */
  ready = true;
  /** While false, handshakes are. */
  accepting = true;
  private readonly http: Server;
  private readonly sockets: WebSocketServer;

  private constructor(
    readonly port: number,
    name: string,
  ) {
    this.http = createServer(({ method, url }, response) => {
      this.requests.push(`${method} ${url}`);
      response.statusCode = this.ready ? 200 : 503;
      response.end(name);
    });
    const verifyClient = (_info: unknown, decide: (accepted: boolean, status?: number) => void): void =>
      decide(this.accepting, 503);
    this.sockets = new WebSocketServer({ server: this.http, verifyClient });
    this.sockets.on('connection', (socket, { headers }) => {
      this.handshakes.push(headers);
      socket.send(JSON.stringify({ type: 'HELLO', name }));
      socket.on('message', (data: Buffer) => {
        const frame: Record<string, unknown> = JSON.parse(data.toString());
        socket.send(JSON.stringify(frame['type'] === 'PING' ? { ...frame, type: 'PONG' } : frame));
      });
    });
  }

  static async start(name = 'echo'): Promise<EchoServer> {
    const server = new EchoServer(await freePort(), name);
    server.http.listen(server.port, '127.0.0.1');
    await once(server.http, 'listening');
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.close();
    this.http.closeAllConnections();
    await once(this.http, 'close');
  }
}
