// Sends every client elsewhere before the server goes.
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { withDeadline } from '../core/deadline.js';
import { CloseCode } from '../protocol/close-codes.js';
import { GatewayOptions } from './gateway-options.js';

@Injectable()
export class DrainService implements BeforeApplicationShutdown {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly options: GatewayOptions,
  ) {}

  /** Before Nest ends the sockets by force: each client gets its close code, and time to answer it. */
  async beforeApplicationShutdown(): Promise<void> {
    const closed = this.connections.closeAll(CloseCode.DRAINING);
    await withDeadline(closed, this.options.shutdownGraceMs, () => new Error('grace is over')).catch(
      () => undefined,
    );
  }
}
