// Limits and clocks of WebSocket connections.
import type { Rate } from '../core/token-bucket.js';

export abstract class GatewayOptions {
  /** Largest frame a client may send, bytes; over it the connection ends with 1009. */
  abstract readonly maxFrameBytes: number;
  /** Told to clients in WELCOME. */
  abstract readonly maxRooms: number;
  /** How long a connection without a token may take to send AUTH, ms. */
  abstract readonly authTimeoutMs: number;
  /** Commands of one connection. */
  abstract readonly commandRate: Rate;
  /** Its SUBSCRIBEs among them. */
  abstract readonly joinRate: Rate;
  /** How often a connection is pinged, ms. */
  abstract readonly heartbeatMs: number;
  /** How long it may stay silent after a ping, ms. */
  abstract readonly heartbeatTimeoutMs: number;
  /** Whether frames are written past Node's streams, where this Node lets it. */
  abstract readonly directIo: boolean;
  /** Whether many sockets are then written to by one native call, where that is built. */
  abstract readonly nativeSendLoop: boolean;
  /** Unsent bytes up to which a connection gets live messages. */
  abstract readonly sendBudgetBytes: number;
  /** How long a connection over its budget may take nothing, ms. */
  abstract readonly slowConsumerMs: number;
  /** How long everything that happens after SIGTERM may take in all, ms. */
  abstract readonly shutdownGraceMs: number;
  /** How long the balancer has to notice that this instance isn't ready, before clients are sent away, ms. */
  abstract readonly drainDelayMs: number;
  /** Over how long they are spread, ms; at 0 all are closed at once, without being asked to go. */
  abstract readonly drainWindowMs: number;
}
