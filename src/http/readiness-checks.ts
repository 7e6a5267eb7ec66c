// What has to work for a client to be served well here; asks nobody, so it is answered at once.
import { Injectable } from '@nestjs/common';
import { Broker } from '../core/broker.js';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { CanaryService } from '../rooms/canary.service.js';
import { EventLoopService } from './event-loop.service.js';

const MAX_LOOP_DELAY_MS = 1_000;

/** By check: what is wrong, or undefined. */
export type Findings = Readonly<Record<'broker' | 'canary' | 'eventLoop' | 'draining', string | undefined>>;

@Injectable()
export class ReadinessChecks {
  constructor(
    private readonly broker: Broker,
    private readonly canary: CanaryService,
    private readonly loop: EventLoopService,
    private readonly connections: ConnectionRegistry,
  ) {}

  run(): Findings {
    const down = this.broker.links().filter(({ up }) => !up);
    const { maxDelayMs } = this.loop;
    return {
      broker: down.length > 0 ? `link down: ${down.map(({ name }) => name).join(', ')}` : undefined,
      canary: this.canary.alive ? undefined : 'it does not come back through the broker',
      eventLoop: maxDelayMs < MAX_LOOP_DELAY_MS ? undefined : `it was held up for ${maxDelayMs} ms`,
      draining: this.connections.phase === 'open' ? undefined : 'the instance is going',
    };
  }
}
