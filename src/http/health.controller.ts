// GET /health: whether the process lives, and how much it holds. GET /ready: whether clients should be sent here.
import { Controller, Get } from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { SubscriptionService } from '../subscription/subscription.service.js';
import type { HealthAnswer } from './answers.js';
import { ReadinessService } from './readiness.service.js';

@Controller()
export class HealthController {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly subscriptions: SubscriptionService,
    private readonly readiness: ReadinessService,
  ) {}

  @Get('health')
  health(): HealthAnswer {
    const { roomCount: rooms } = this.subscriptions;
    return { status: 'ok', uptime: Math.floor(process.uptime()), connections: this.connections.size, rooms };
  }

  /** 503 with the reasons while a broker link is down, the canary is missing, the loop is held up, or it drains. */
  @Get('ready')
  ready(): Promise<HealthCheckResult> {
    return this.readiness.check();
  }
}
