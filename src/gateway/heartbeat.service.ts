// The one clock of all connections: pings them, and ends those which are dead or stuck.
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConnectionRegistry } from '../core/connection-registry.js';
import type { WsConnection } from './ws-connection.js';

const INTERVAL_MS = 1_000;

@Injectable()
export class HeartbeatService implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly connections: ConnectionRegistry<WsConnection>) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const connection of this.connections) connection.check(now);
    }, INTERVAL_MS).unref();
  }

  /** Those who are drained are looked after to the end. */
  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }
}
