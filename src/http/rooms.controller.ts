// What the operator's servers may ask about rooms: which there are, and who is there.
import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { PresenceService } from '../rooms/presence.service.js';
import type { MembersAnswer, RoomsAnswer } from './answers.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { QueryPipe, RoomPipe } from './pipes.js';
import { RateGuard } from './rate.guard.js';
import { MembersQuery, RoomsQuery } from './requests.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

@Controller('api/rooms')
@UseGuards(RateGuard, ApiKeyGuard)
export class RoomsController {
  constructor(private readonly presence: PresenceService) {}

  /** Rooms with members over all instances, by name; `next` is the `after` of the following page. */
  @Get()
  list(@Query(new QueryPipe(RoomsQuery)) { limit, after }: RoomsQuery): Promise<RoomsAnswer> {
    return this.presence.rooms(limitOf(limit), after);
  }

  /** Longest present first; an unknown room is an empty one. */
  @Get(':room/members')
  async members(
    @Param('room', RoomPipe) room: string,
    @Query(new QueryPipe(MembersQuery)) { limit }: MembersQuery,
  ): Promise<MembersAnswer> {
    return { room, ...(await this.presence.members(room, limitOf(limit))) };
  }
}

function limitOf(asked = DEFAULT_LIMIT): number {
  return Math.min(asked, MAX_LIMIT);
}
