// Wires the HTTP floor.
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { AuthModule } from '../auth/auth.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { ApiDocs } from './api-docs.js';
import { AuthController } from './auth.controller.js';
import { ChatController } from './chat.controller.js';
import { ControlController } from './control.controller.js';
import { ErrorFilter } from './error.filter.js';
import { EventLoopService } from './event-loop.service.js';
import { HealthController } from './health.controller.js';
import { MessagesController } from './messages.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsRegistry } from './metrics.registry.js';
import { ReadinessChecks } from './readiness-checks.js';
import { ReadinessMetrics } from './readiness.metrics.js';
import { ReadinessService } from './readiness.service.js';
import { RoomsController } from './rooms.controller.js';
import { StateMetrics } from './state.metrics.js';
import { TrafficMetrics } from './traffic.metrics.js';
import { UpgradeRequiredController } from './upgrade-required.controller.js';
import { WebPage } from './web-page.js';

@Module({
  imports: [AuthModule, RoomsModule, TerminusModule.forRoot({ logger: false })],
  controllers: [
    AuthController,
    ChatController,
    ControlController,
    HealthController,
    MessagesController,
    MetricsController,
    RoomsController,
    UpgradeRequiredController,
  ],
  providers: [
    EventLoopService,
    MetricsRegistry,
    ReadinessChecks,
    ReadinessMetrics,
    ReadinessService,
    StateMetrics,
    TrafficMetrics,
    { provide: APP_FILTER, useClass: ErrorFilter },
  ],
})
export class HttpModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(WebPage).forRoutes('/');
    consumer.apply(ApiDocs).forRoutes('docs');
  }
}
