// One method per command.
import { UseFilters } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { RoomService } from '../rooms/room.service.js';
import type { Outcome } from './command-loop.js';
import { CommandPipe } from './command.pipe.js';
import { HistoryDto, SendMessageDto, SubscribeDto, UnsubscribeDto } from './commands.dto.js';
import { RethrowFilter } from './rethrow.filter.js';
import { WsConnection } from './ws-connection.js';

@WebSocketGateway()
@UseFilters(RethrowFilter)
export class ChatGateway implements OnGatewayDisconnect<WsConnection> {
  constructor(private readonly rooms: RoomService) {}

  handleDisconnect(connection: WsConnection): void {
    this.rooms.leaveAll(connection);
  }

  @SubscribeMessage('SUBSCRIBE')
  async subscribe(
    @ConnectedSocket() connection: WsConnection,
    @MessageBody(CommandPipe) command: SubscribeDto,
  ): Promise<Outcome> {
    const joined = await this.rooms.join(connection, command);
    return { reply: joined.reply, afterwards: () => joined.start() };
  }

  @SubscribeMessage('UNSUBSCRIBE')
  unsubscribe(
    @ConnectedSocket() connection: WsConnection,
    @MessageBody(CommandPipe) command: UnsubscribeDto,
  ): Outcome {
    return { reply: this.rooms.leave(connection, command) };
  }

  @SubscribeMessage('SEND_MESSAGE')
  async sendMessage(
    @ConnectedSocket() connection: WsConnection,
    @MessageBody(CommandPipe) command: SendMessageDto,
  ): Promise<Outcome> {
    return { reply: await this.rooms.send(connection, command) };
  }

  @SubscribeMessage('HISTORY')
  async history(
    @ConnectedSocket() connection: WsConnection,
    @MessageBody(CommandPipe) command: HistoryDto,
  ): Promise<Outcome> {
    return { reply: await this.rooms.history(connection, command) };
  }

  @SubscribeMessage('PING')
  ping(): Outcome {
    return { reply: { type: 'PONG' } };
  }
}
