// Wires the HTTP floor.
import { Module } from '@nestjs/common';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { HealthController } from './health.controller.js';

@Module({ imports: [SubscriptionModule], controllers: [HealthController] })
export class HttpModule {}
