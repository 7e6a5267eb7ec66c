// The commands of dialects which have one room at a time, or none: one method per command.
import { Injectable } from '@nestjs/common';
import { SubscribeMessage } from '@nestjs/websockets';
import { LOBBY } from '../protocol/room.js';
import { LobbyService } from '../rooms/lobby.service.js';
import { RoomService } from '../rooms/room.service.js';
import type { Outcome } from './command-router.js';
import { BroadcastDto, EnterDto, SayDto } from './commands.dto.js';
import { WsConnection } from './ws-connection.js';

@Injectable()
export class OneRoomCommands {
  constructor(
    private readonly rooms: RoomService,
    private readonly lobby: LobbyService,
  ) {}

  @SubscribeMessage('ENTER')
  async enter(connection: WsConnection, { room, name }: EnterDto): Promise<Outcome> {
    connection.rename(name);
    const joined = await this.rooms.enter(connection, room);
    return { reply: joined.reply, afterwards: () => joined.start() };
  }

  @SubscribeMessage('LEAVE')
  leave(connection: WsConnection): Outcome {
    this.rooms.leaveRooms(connection);
    return undefined;
  }

  @SubscribeMessage('SAY')
  say(connection: WsConnection, command: SayDto): Promise<Outcome> {
    return this.rooms.say(connection, command);
  }

  @SubscribeMessage('BROADCAST')
  async broadcast(connection: WsConnection, command: BroadcastDto): Promise<Outcome> {
    const { room = LOBBY } = connection.handshake;
    if (room === LOBBY) await this.lobby.settled(connection);
    connection.rename(command.name);
    return this.rooms.broadcast(connection, room, command);
  }

  @SubscribeMessage('ROOMS')
  list(connection: WsConnection): Promise<Outcome> {
    return this.rooms.list(connection);
  }
}
