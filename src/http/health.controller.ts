// GET /health: whether the process lives, and how much it holds.
import { Controller, Get } from '@nestjs/common';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { SubscriptionService } from '../subscription/subscription.service.js';

interface Health {
  readonly status: 'ok';
  /** Seconds since the process began. */
  readonly uptime: number;
  readonly connections: number;
  /** Rooms with members on this instance. */
  readonly rooms: number;
}

@Controller('health')
export class HealthController {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly subscriptions: SubscriptionService,
  ) {}

  @Get()
  health(): Health {
    const { roomCount: rooms } = this.subscriptions;
    return { status: 'ok', uptime: Math.floor(process.uptime()), connections: this.connections.size, rooms };
  }
}
