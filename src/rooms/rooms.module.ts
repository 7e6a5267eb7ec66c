// Wires the rooms floor.
import { Module } from '@nestjs/common';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { RoomService } from './room.service.js';

@Module({
  imports: [SubscriptionModule],
  providers: [RoomService],
  exports: [RoomService, SubscriptionModule],
})
export class RoomsModule {}
