// The WebSocket adapter: accepts upgrades, and replaces Nest's unordered message handling by a CommandLoop.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { type Server as SocketServer, type ServerOptions, WebSocketServer } from 'ws';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { Meter } from '../core/meter.js';
import { SlicedReads } from '../core/sliced-reads.js';
import { CloseCode } from '../protocol/close-codes.js';
import { dialectOfSubprotocol, selectSubprotocol } from '../protocol/dialects/select.js';
import { LobbyService } from '../rooms/lobby.service.js';
import { ChatGateway } from './chat.gateway.js';
import { ClientSocket } from './client-socket.js';
import { CommandLoop, type LoopContext } from './command-loop.js';
import { CommandRouter } from './command-router.js';
import type { ConnectionHost, Handshake } from './connection-host.js';
import { ConnectionLimits } from './connection-limits.js';
import { DirectWrites } from './direct-writes.js';
import { Paces } from './frame-intake.js';
import { FrameWriter } from './frame-writer.js';
import { ConnectionCensus } from './connection-census.js';
import { GatewayOptions } from './gateway-options.js';
import { OneRoomCommands } from './one-room-commands.js';
import { findSendAll } from './send-loop.js';
import { refuseUpgrade, UpgradePolicy, UpgradeRefused } from './upgrade.js';
import { WsConnection } from './ws-connection.js';

/** Ends which their peer has earned, and would otherwise repeat at once. */
const CUT_AT_A_PRICE = new Set<number | undefined>([CloseCode.FLOODING, CloseCode.PROTOCOL_VIOLATION]);
/** Of what is read of a socket at once: a hundred small commands, and few slices for a large one. */
const SLICE_BYTES = 4_096;
/** How long a peer has to answer the close frame before its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;
/** `SlicedReads` has put what came with the request where ws looks for it. */
const NO_HEAD = Buffer.alloc(0);
/** Told to who comes while the instance goes: by then the balancer knows. */
const DRAINING_RETRY_MS = 1_000;

/**
 * Nest's own adapter lets replies overtake each other and drops bad JSON and unknown types in silence. Here
 * the "client" which Nest hands to the gateway is our WsConnection, and its frames go through a CommandLoop.
 */
export class RedisIoAdapter extends WsAdapter implements ConnectionHost<WsConnection> {
  readonly #logger = new Logger(RedisIoAdapter.name);
  readonly options: GatewayOptions;
  readonly #connections: ConnectionRegistry<WsConnection>;
  readonly #policy: UpgradePolicy;
  readonly #limits: ConnectionLimits;
  readonly #context: LoopContext;
  readonly #census: ConnectionCensus;
  readonly #reads: SlicedReads;
  readonly writer: FrameWriter;
  #onConnection: (connection: WsConnection) => void = () => undefined;

  constructor(app: INestApplicationContext) {
    super(app);
    this.options = app.get(GatewayOptions);
    this.#policy = app.get(UpgradePolicy);
    this.#limits = app.get(ConnectionLimits);
    const meter = app.get(Meter);
    this.#reads = new SlicedReads(this.options.directIo, SLICE_BYTES);
    const direct = this.options.directIo ? DirectWrites.find() : undefined;
    this.writer = new FrameWriter(direct, this.options.nativeSendLoop ? findSendAll() : undefined);
    this.#context = {
      router: new CommandRouter(app.get(ChatGateway), app.get(OneRoomCommands)),
      lobby: app.get(LobbyService),
      options: this.options,
      logger: this.#logger,
      meter,
      paces: new Paces(),
    };
    this.#connections = app.get<ConnectionRegistry<WsConnection>>(ConnectionRegistry);
    this.#census = new ConnectionCensus(this.#connections, meter, this.writer);
  }

  override create(): SocketServer<typeof ClientSocket> {
    const options: ServerOptions<typeof ClientSocket> & { closeTimeout: number } = {
      WebSocket: ClientSocket,
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: this.options.maxFrameBytes,
      maxFragments: 64,
      maxBufferedChunks: 4_096,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered) => selectSubprotocol(offered) ?? false,
    };
    const server = new WebSocketServer(options);
    const onUpgrade = (request: IncomingMessage, stream: Socket, head: Buffer) => {
      void this.#upgrade(server, { request, stream, head });
    };
    const httpServer = this.httpServer as Server;
    httpServer.on('upgrade', onUpgrade);
    this.#logger.log(`Sockets are written to by ${this.writer.way}`);
    server.on('close', () => httpServer.off('upgrade', onUpgrade));
    return server;
  }

  override bindClientConnect(_server: WebSocketServer, callback: (connection: WsConnection) => void): void {
    this.#onConnection = callback;
  }

  override bindClientDisconnect(connection: WsConnection, callback: () => void): void {
    connection.onDisconnect(callback);
  }

  override bindMessageHandlers(connection: WsConnection): void {
    new CommandLoop(connection, this.#context).start();
  }

  override async close(server: WebSocketServer): Promise<void> {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    for (const { socket } of this.#connections) socket.terminate();
  }

  /** Nothing the client sends after its request is read before the answer. */
  async #upgrade(
    server: SocketServer<typeof ClientSocket>,
    { request, stream, head }: { request: IncomingMessage; stream: Socket; head: Buffer },
  ): Promise<void> {
    const onError = () => stream.destroy();
    stream.on('error', onError);
    try {
      const handshake = await this.#policy.admit(request);
      if (this.#connections.phase === 'draining') throw new UpgradeRefused(503, DRAINING_RETRY_MS);
      this.#policy.requireRoom(handshake);
      stream.off('error', onError);
      this.#reads.begin(stream, head);
      server.handleUpgrade(request, stream, NO_HEAD, (socket) => this.#accept(socket, stream, handshake));
    } catch (error) {
      if (!(error instanceof UpgradeRefused)) this.#logger.error('An upgrade failed', error);
      const refusal = error instanceof UpgradeRefused ? error : new UpgradeRefused(500);
      this.#census.onRefused(refusal.status);
      refuseUpgrade(stream, refusal);
    }
  }

  onFailed(connection: WsConnection, { message: reason }: Error): void {
    this.#logger.debug('Connection failed', { ...connection.logFields, reason });
  }

  onClosed(connection: WsConnection, code: number): void {
    this.#limits.leave(connection);
    if (CUT_AT_A_PRICE.has(connection.closeCode)) void this.#limits.penalise(connection.handshake.address);
    this.#census.onClosed(connection, code);
    this.#connections.delete(connection);
    this.#logger.debug('Connection closed', { ...connection.logFields, code });
  }

  #accept(socket: ClientSocket, stream: Socket, upgrade: Omit<Handshake, 'dialect'>): void {
    const handshake = { ...upgrade, dialect: dialectOfSubprotocol(socket.protocol) };
    const connection = new WsConnection(socket, stream, handshake, this);
    this.#limits.enter(connection);
    this.#connections.add(connection);
    this.#census.onOpened();
    this.#logger.debug('Connection opened', connection.logFields);
    this.#onConnection(connection);
  }
}
