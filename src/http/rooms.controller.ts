// What the operator's servers may ask about rooms: which there are, and who is there.
import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import type { MemberPage, RoomPage } from '../core/presence-store.js';
import { ChatError } from '../protocol/errors.js';
import { isRoomId } from '../protocol/room.js';
import { PresenceService } from '../rooms/presence.service.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { RateGuard } from './rate.guard.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

@Controller('api/rooms')
@UseGuards(RateGuard, ApiKeyGuard)
export class RoomsController {
  constructor(private readonly presence: PresenceService) {}

  /** Rooms with members over all instances, by name; `next` is the `after` of the following page. */
  @Get()
  list(@Query('limit') limit?: string, @Query('after') after?: string): Promise<RoomPage> {
    if (after !== undefined && !isRoomId(after)) throw new ChatError('BAD_ROOM', 'after must be a room id');
    return this.presence.rooms(limitOf(limit), after);
  }

  /** Longest present first; an unknown room is an empty one. */
  @Get(':room/members')
  async members(
    @Param('room') room: string,
    @Query('limit') limit?: string,
  ): Promise<MemberPage & { room: string }> {
    if (!isRoomId(room)) throw new ChatError('BAD_ROOM', 'This is not a room id');
    return { room, ...(await this.presence.members(room, limitOf(limit))) };
  }
}

/** A query's `limit`: 100 by default; more than 1,000 counts as 1,000. */
function limitOf(text: unknown): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (typeof text !== 'string' || !/^[1-9]\d{0,8}$/.test(text)) {
    throw new ChatError('BAD_REQUEST', 'limit must be an integer from 1');
  }
  return Math.min(Number(text), MAX_LIMIT);
}
