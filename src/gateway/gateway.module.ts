// Wires the gateway floor.
import { Module } from '@nestjs/common';
import { RoomsModule } from '../rooms/rooms.module.js';
import { ChatGateway } from './chat.gateway.js';
import { CommandPipe } from './command.pipe.js';
import { DrainService } from './drain.service.js';
import { HeartbeatService } from './heartbeat.service.js';

@Module({ imports: [RoomsModule], providers: [ChatGateway, CommandPipe, DrainService, HeartbeatService] })
export class GatewayModule {}
