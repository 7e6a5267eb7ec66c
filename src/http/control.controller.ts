// Orders of the operator: disconnect a user everywhere, take one out of a room.
import { Controller, Delete, HttpCode, Param, UseGuards } from '@nestjs/common';
import { ChatError } from '../protocol/errors.js';
import { ControlService } from '../rooms/control.service.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { RoomPipe } from './pipes.js';
import { RateGuard } from './rate.guard.js';

const MAX_USER_ID_LENGTH = 128;

@Controller('api')
@UseGuards(RateGuard, ApiKeyGuard)
export class ControlController {
  constructor(private readonly control: ControlService) {}

  /** 204 once the order is stored; every instance obeys it, those out of reach as soon as they are back. */
  @Delete('users/:id/connections')
  @HttpCode(204)
  async disconnect(@Param('id') id: string): Promise<void> {
    requireUserId(id);
    await this.control.disconnect(id);
  }

  @Delete('rooms/:room/members/:id')
  @HttpCode(204)
  async kick(@Param('room', RoomPipe) room: string, @Param('id') id: string): Promise<void> {
    requireUserId(id);
    await this.control.kick(room, id);
  }
}

function requireUserId(id: string): void {
  if (id.length > MAX_USER_ID_LENGTH) throw new ChatError('BAD_REQUEST', 'This is not a user id');
}
