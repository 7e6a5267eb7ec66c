// One method per command.
import { type OnGatewayDisconnect, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AuthService } from '../auth/auth.service.js';
import { ChatError } from '../protocol/errors.js';
import { ControlService } from '../rooms/control.service.js';
import { RoomService } from '../rooms/room.service.js';
import type { Outcome } from './command-router.js';
import {
  AuthDto,
  HistoryDto,
  KickDto,
  MembersDto,
  SendMessageDto,
  SubscribeDto,
  TypingDto,
  UnsubscribeDto,
} from './commands.dto.js';
import { ConnectionLimits } from './connection-limits.js';
import { WsConnection } from './ws-connection.js';

@WebSocketGateway()
export class ChatGateway implements OnGatewayDisconnect<WsConnection> {
  constructor(
    private readonly rooms: RoomService,
    private readonly control: ControlService,
    private readonly auth: AuthService,
    private readonly limits: ConnectionLimits,
  ) {}

  handleDisconnect(connection: WsConnection): void {
    this.rooms.leaveAll(connection);
  }

  @SubscribeMessage('SUBSCRIBE')
  async subscribe(connection: WsConnection, command: SubscribeDto): Promise<Outcome> {
    const joined = await this.rooms.join(connection, command);
    return { reply: joined.reply, afterwards: () => joined.start() };
  }

  @SubscribeMessage('UNSUBSCRIBE')
  unsubscribe(connection: WsConnection, command: UnsubscribeDto): Outcome {
    return this.rooms.leave(connection, command);
  }

  @SubscribeMessage('SEND_MESSAGE')
  sendMessage(connection: WsConnection, command: SendMessageDto): Promise<Outcome> {
    return this.rooms.send(connection, command);
  }

  @SubscribeMessage('HISTORY')
  history(connection: WsConnection, command: HistoryDto): Promise<Outcome> {
    return this.rooms.history(connection, command);
  }

  @SubscribeMessage('MEMBERS')
  members(connection: WsConnection, command: MembersDto): Promise<Outcome> {
    return this.rooms.members(connection, command);
  }

  @SubscribeMessage('TYPING')
  typing(connection: WsConnection, command: TypingDto): Outcome {
    this.rooms.typing(connection, command);
    return undefined;
  }

  @SubscribeMessage('AUTH')
  async authenticate(connection: WsConnection, { token }: AuthDto): Promise<Outcome> {
    const session = await this.auth.authenticate(token);
    const { user, expiresAt } = session;
    const current = connection.session;
    if (current.user.id !== user.id) {
      const settled = current.authenticated || this.rooms.countOf(connection) > 0;
      if (settled) throw new ChatError('FORBIDDEN', 'This connection belongs to another user');
      this.limits.changeUser(connection, user.id);
    }
    connection.renew(session);
    const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() };
    return {
      reply: { type: 'AUTHENTICATED', user, ...expiry },
      afterwards: () => this.rooms.enforce(connection),
    };
  }

  @SubscribeMessage('KICK')
  async kick(connection: WsConnection, command: KickDto): Promise<Outcome> {
    await this.control.kickFor(connection, command);
    return { type: 'KICKED', room: command.room, user: command.user };
  }

  @SubscribeMessage('PING')
  ping(): Outcome {
    return { type: 'PONG' };
  }
}
