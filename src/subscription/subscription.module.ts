// Wires the subscription floor; the broker and the options come from the application.
import { Module } from '@nestjs/common';
import { SubscriptionService } from './subscription.service.js';

@Module({ providers: [SubscriptionService], exports: [SubscriptionService] })
export class SubscriptionModule {}
