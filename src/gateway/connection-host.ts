// What a connection is given: by the upgrade that made it, by the adapter that holds all, by who answers its frames.
import type { Session } from '../core/session.js';
import type { CloseCode } from '../protocol/close-codes.js';
import type { Dialect } from '../protocol/dialects/dialect.js';
import type { FrameWriter } from './frame-writer.js';
import type { GatewayOptions } from './gateway-options.js';

/** What the upgrade request decided about a connection. */
export interface Handshake {
  /** Undefined where a token is required and AUTH has to bring it. */
  readonly session: Session | undefined;
  /** The client's network address, as far as proxies are trusted. */
  readonly address: string;
  /** The room of `/ws/<room>`. */
  readonly room: string | undefined;
  /** Whether it came where the lobby is heard. */
  readonly lobby: boolean;
  /** Known from the subprotocol; otherwise the first frame shows it. */
  readonly dialect: Dialect | undefined;
}

/** Who answers a connection's frames. */
export interface ConnectionServer {
  onFrame(data: Buffer, isBinary: boolean): void;
  /** A ping or a pong. */
  onControlFrame(): void;
  /** To be closed, once what came before is answered. */
  onFinish(code: CloseCode): void;
  onClosed(): void;
}

/** What all connections, each a `T`, share. */
export interface ConnectionHost<T> {
  readonly options: GatewayOptions;
  readonly writer: FrameWriter;
  /** The socket is closed. */
  onClosed(connection: T, code: number): void;
  /** `onClosed` follows. */
  onFailed(connection: T, error: Error): void;
}
