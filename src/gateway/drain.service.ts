// Sends every client elsewhere before the server goes: first asks, spread over a while, then insists.
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { tell } from '../core/connection.js';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { withDeadline } from '../core/deadline.js';
import { CloseCode } from '../protocol/close-codes.js';
import { GatewayOptions } from './gateway-options.js';
import type { WsConnection } from './ws-connection.js';

const TICK_MS = 50;
const ASKED_PER_TURN = 500;
/** What the steps after the drain may take, at most: answers and closes, presence, the broker's links. */
const RESERVE_MS = 6_000;
/** Of a short grace, the part which they may take. */
const RESERVED_SHARE = 0.3;

@Injectable()
export class DrainService implements BeforeApplicationShutdown {
  readonly #logger = new Logger(DrainService.name);
  /** When each connection that is still here is closed, by `performance.now()`. */
  readonly #closeAt = new Map<WsConnection, number>();

  constructor(
    private readonly connections: ConnectionRegistry<WsConnection>,
    private readonly options: GatewayOptions,
  ) {}

  /** Before Nest ends the sockets by force. */
  async beforeApplicationShutdown(): Promise<void> {
    const { shutdownGraceMs, drainDelayMs, drainWindowMs } = this.options;
    const endsAt = performance.now() + shutdownGraceMs;
    const reserveMs = Math.min(RESERVE_MS, RESERVED_SHARE * shutdownGraceMs);
    this.connections.enter('leaving');
    await pause(Math.min(drainDelayMs, shutdownGraceMs - reserveMs));
    this.connections.enter('draining');
    // Twice the window: one until the last is asked to go, one more until the last is closed.
    const leftMs = endsAt - reserveMs - performance.now();
    const windowMs = Math.max(0, Math.min(drainWindowMs, leftMs / 2));
    this.#logger.log(`Sending ${this.connections.size} connections elsewhere within ${2 * windowMs} ms`);
    await this.#askAll(windowMs);
    await this.#untilGone(endsAt - reserveMs / 2);
  }

  async #askAll(windowMs: number): Promise<void> {
    let asked = 0;
    for (const connection of this.connections) {
      this.#sendAway(connection, windowMs);
      // Messages go on meanwhile.
      if (++asked % ASKED_PER_TURN === 0) await nextTurn();
    }
  }

  /** Whose dialect has no words for it is closed when the others are asked to go. */
  #sendAway(connection: WsConnection, windowMs: number): void {
    const afterMs = Math.floor(Math.random() * windowMs);
    const deadlineMs = afterMs + Math.ceil(windowMs);
    const told = windowMs > 0 && tell(connection, { type: 'RECONNECT', afterMs, deadlineMs });
    this.#closeAt.set(connection, performance.now() + (told ? deadlineMs : afterMs));
  }

  async #untilGone(endsAt: number): Promise<void> {
    const timer = setInterval(() => this.#closeDue(), TICK_MS);
    this.#closeDue();
    const leftMs = Math.max(0, endsAt - performance.now());
    const gone = withDeadline(this.connections.whenEmpty(), leftMs, () => new Error('grace is over'));
    await gone.catch(() => this.connections.closeAll(CloseCode.DRAINING));
    clearInterval(timer);
    this.#closeAt.clear();
  }

  #closeDue(): void {
    const now = performance.now();
    for (const connection of this.connections) {
      if (now >= (this.#closeAt.get(connection) ?? 0)) connection.finish(CloseCode.DRAINING);
    }
  }
}
