// Wires the gateway floor.
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { RoomsModule } from '../rooms/rooms.module.js';
import { ChatGateway } from './chat.gateway.js';
import { ConnectionLimits } from './connection-limits.js';
import { DrainService } from './drain.service.js';
import { HeartbeatService } from './heartbeat.service.js';
import { OneRoomCommands } from './one-room-commands.js';
import { UpgradePolicy } from './upgrade.js';

@Module({
  imports: [AuthModule, RoomsModule],
  providers: [ConnectionLimits, UpgradePolicy, ChatGateway, OneRoomCommands, DrainService, HeartbeatService],
})
export class GatewayModule {}
