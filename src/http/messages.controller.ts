// Messages of the operator's servers: publish one to a room, page through what was said.
import { Body, Controller, Get, Header, Param, Post, Query, UseGuards } from '@nestjs/common';
import type { HistoryCommand } from '../protocol/commands.js';
import { encodeMessages } from '../protocol/dialects/native.js';
import type { Identity } from '../protocol/events.js';
import { MessageService } from '../rooms/message.service.js';
import type { PublishAnswer } from './answers.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { BodyPipe, QueryPipe, RoomPipe } from './pipes.js';
import { RateGuard } from './rate.guard.js';
import { HistoryQuery, PublishBody, type Sender } from './requests.js';

/** Who speaks where the backend names nobody. */
const SERVER: Identity = { id: 'server', name: 'Server' };
const MAX_NAME_LENGTH = 64;

@Controller('api/rooms/:room/messages')
@UseGuards(RateGuard, ApiKeyGuard)
export class MessagesController {
  constructor(private readonly messages: MessageService) {}

  /** 201 once stored, also when it had been stored before (`duplicate`). Nobody has to be in the room. */
  @Post()
  async publish(
    @Param('room', RoomPipe) room: string,
    @Body(new BodyPipe(PublishBody)) { sender, ...content }: PublishBody,
  ): Promise<PublishAnswer> {
    const command = { ...content, room };
    const { epoch, offset, messageId, duplicate } = await this.messages.publish(identityOf(sender), command);
    return { room, epoch, offset, messageId, duplicate };
  }

  /** A `HistoryAnswer`, of which the messages are spliced as they are stored. */
  @Get()
  @Header('Content-Type', 'application/json; charset=utf-8')
  async read(
    @Param('room', RoomPipe) room: string,
    @Query(new QueryPipe(HistoryQuery)) query: Omit<HistoryCommand, 'room'>,
  ): Promise<string> {
    const { epoch, messages, more } = await this.messages.history({ ...query, room });
    const head = JSON.stringify({ room, epoch });
    return `${head.slice(0, -1)},"messages":[${encodeMessages(room, messages)}],"more":${more}}`;
  }
}

function identityOf(sender: Sender | undefined): Identity {
  if (!sender) return SERVER;
  const { id, name = Array.from(id).slice(0, MAX_NAME_LENGTH).join('') } = sender;
  return { id, name };
}
