// The WebSocket adapter: accepts upgrades, and replaces Nest's unordered message handling by a CommandLoop.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type INestApplicationContext, Logger, type WsMessageHandler } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { dialectOfSubprotocol, selectSubprotocol } from '../protocol/dialects/select.js';
import { CommandLoop, type Outcome } from './command-loop.js';
import { GatewayOptions } from './gateway-options.js';
import { readUpgrade, refuseUpgrade } from './upgrade.js';
import { WsConnection } from './ws-connection.js';

/** How long a peer has to answer the close frame before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Nest's own adapter lets replies overtake each other and drops bad JSON and unknown types in silence. Here
 * the "client" which Nest hands to the gateway is our WsConnection, and its frames go through a CommandLoop.
 */
export class RedisIoAdapter extends WsAdapter {
  readonly #logger = new Logger(RedisIoAdapter.name);
  readonly #options: GatewayOptions;
  readonly #connections: ConnectionRegistry<WsConnection>;
  #onConnection: (connection: WsConnection) => void = () => undefined;

  constructor(app: INestApplicationContext) {
    super(app);
    this.#options = app.get(GatewayOptions);
    this.#connections = app.get<ConnectionRegistry<WsConnection>>(ConnectionRegistry);
  }

  override create(): WebSocketServer {
    const options: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.#options.maxFrameBytes,
      maxFragments: 64,
      maxBufferedChunks: 4_096,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered) => selectSubprotocol(offered) ?? false,
    };
    const server = new WebSocketServer(options);
    const onUpgrade = (request: IncomingMessage, stream: Socket, head: Buffer) => {
      this.#upgrade(server, { request, stream, head });
    };
    const httpServer = this.httpServer as Server;
    httpServer.on('upgrade', onUpgrade);
    server.on('close', () => httpServer.off('upgrade', onUpgrade));
    return server;
  }

  override bindClientConnect(_server: WebSocketServer, callback: (connection: WsConnection) => void): void {
    this.#onConnection = callback;
  }

  override bindClientDisconnect(connection: WsConnection, callback: () => void): void {
    connection.socket.once('close', callback);
  }

  override bindMessageHandlers(connection: WsConnection, handlers: WsMessageHandler[]): void {
    const byType = new Map(handlers.map(({ message, callback }) => [message, callback]));
    const dispatch = (type: string, body: unknown) =>
      byType.get(type)?.(body, type) as Promise<Outcome> | undefined;
    const { maxFrameBytes, maxRooms, heartbeatMs } = this.#options;
    const welcome = { limits: { maxFrameBytes, maxRooms }, heartbeatMs };
    new CommandLoop(connection, dispatch, welcome, this.#logger).start();
  }

  override async close(server: WebSocketServer): Promise<void> {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    for (const { socket } of this.#connections) socket.terminate();
  }

  #upgrade(
    server: WebSocketServer,
    { request, stream, head }: { request: IncomingMessage; stream: Socket; head: Buffer },
  ): void {
    const handshake = readUpgrade(request);
    if (typeof handshake === 'number') return refuseUpgrade(stream, handshake);
    server.handleUpgrade(request, stream, head, (socket) => this.#accept(socket, stream, handshake));
  }

  #accept(socket: WebSocket, stream: Socket, upgrade: Exclude<ReturnType<typeof readUpgrade>, number>): void {
    const handshake = { ...upgrade, dialect: dialectOfSubprotocol(socket.protocol) };
    const connection = new WsConnection(socket, stream, handshake, this.#options);
    // The close event follows and cleans up; ws has sent the close code that fits the violation.
    socket.on('error', (error) => this.#logger.debug(`Connection ${connection.id}: ${error.message}`));
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
    this.#onConnection(connection);
  }
}
