// The gateway as Nest's documentation shows one: a handler per event, the ValidationPipe before it.

import { UsePipes, ValidationPipe } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { decorateClass, decorateMethod } from './decorate.mjs';
import { JoinRoom, SendMessage } from './messages.mjs';
import { RoomService } from './room.service.mjs';

/** @typedef {import('ws').WebSocket} WebSocket */

export class RoomGateway {
  /** @param {RoomService} rooms */
  constructor(rooms) {
    this.rooms = rooms;
  }

  /** @param {JoinRoom} body @param {WebSocket} client */
  async join(body, client) {
    await this.rooms.join(body.roomId, client);
    return { event: 'ROOM_JOINED', data: { roomId: body.roomId } };
  }

  /** @param {SendMessage} body */
  async send(body) {
    await this.rooms.send(body.roomId, body.text);
  }

  /** @param {WebSocket} client */
  async handleDisconnect(client) {
    await this.rooms.leaveAll(client);
  }
}

const socket = { type: Object, decorator: ConnectedSocket() };
decorateMethod(
  RoomGateway,
  'join',
  [SubscribeMessage('JOIN_ROOM')],
  [{ type: JoinRoom, decorator: MessageBody() }, socket],
);
decorateMethod(
  RoomGateway,
  'send',
  [SubscribeMessage('SEND_MESSAGE')],
  [{ type: SendMessage, decorator: MessageBody() }],
);
Reflect.defineMetadata('design:paramtypes', [RoomService], RoomGateway);
decorateClass(RoomGateway, UsePipes(new ValidationPipe()), WebSocketGateway({ path: '/ws' }));
