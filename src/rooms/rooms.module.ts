// Wires the rooms floor.
import { Module } from '@nestjs/common';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { CanaryService } from './canary.service.js';
import { ControlListener } from './control-listener.js';
import { ControlService } from './control.service.js';
import { LobbyService } from './lobby.service.js';
import { MessageService } from './message.service.js';
import { PresenceService } from './presence.service.js';
import { RoomService } from './room.service.js';
import { TypingService } from './typing.service.js';

@Module({
  imports: [SubscriptionModule],
  providers: [
    CanaryService,
    PresenceService,
    TypingService,
    LobbyService,
    MessageService,
    RoomService,
    ControlService,
    ControlListener,
  ],
  exports: [
    CanaryService,
    PresenceService,
    LobbyService,
    MessageService,
    RoomService,
    ControlService,
    SubscriptionModule,
  ],
})
export class RoomsModule {}
