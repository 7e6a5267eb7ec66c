// What members do in rooms: join, leave, send, read back, look around.
import { Injectable } from '@nestjs/common';
import { type Connection, tell } from '../core/connection.js';
import type { Action } from '../core/permissions.js';
import type {
  BroadcastCommand,
  CommandRef,
  HistoryCommand,
  MembersCommand,
  SayCommand,
  SendMessageCommand,
  SubscribeCommand,
  TypingCommand,
  UnsubscribeCommand,
} from '../protocol/commands.js';
import { ChatError } from '../protocol/errors.js';
import type { Ack, History, Members, Rooms, Subscribed, Unsubscribed } from '../protocol/events.js';
import type { Via } from '../protocol/message-body.js';
import { native } from '../protocol/dialects/native.js';
import { LOBBY } from '../protocol/room.js';
import { SubscriptionService } from '../subscription/subscription.service.js';
import { MAX_HISTORY, MessageService } from './message.service.js';
import { PresenceService } from './presence.service.js';
import { RoomOptions } from './room-options.js';

/** Members in one reply. */
const MAX_MEMBERS = 1_000;
const DEFAULT_MEMBERS = 100;
const MAX_ROOMS_LISTED = 300;

export interface JoinOutcome {
  readonly reply: Subscribed;
  /** To be called once the reply is on its way: replayed and live messages follow it. */
  start(): void;
}

@Injectable()
export class RoomService {
  constructor(
    private readonly messages: MessageService,
    private readonly subscriptions: SubscriptionService,
    private readonly presence: PresenceService,
    private readonly options: RoomOptions,
  ) {}

  /** @throws ChatError FORBIDDEN, LIMIT_EXCEEDED, UNAVAILABLE */
  async join(connection: Connection, command: SubscribeCommand): Promise<JoinOutcome> {
    const full = this.subscriptions.countOf(connection) >= this.options.maxRooms;
    if (full && !this.subscriptions.isMember(connection, command.room)) {
      this.#require(connection, command.room, 'read');
      throw new ChatError('LIMIT_EXCEEDED', `A connection may be in ${this.options.maxRooms} rooms`);
    }
    return this.#join(connection, command);
  }

  /** Joins a room, and leaves all others once that has succeeded. @throws ChatError FORBIDDEN, UNAVAILABLE */
  async enter(connection: Connection, room: string): Promise<JoinOutcome> {
    const joined = await this.#join(connection, { room });
    for (const other of this.subscriptions.roomsOf(connection)) {
      if (other !== room) this.#depart(connection, other);
    }
    return joined;
  }

  async #join(connection: Connection, { room, since, history }: SubscribeCommand): Promise<JoinOutcome> {
    this.#require(connection, room, 'read');
    const request = since ? { since } : { history: Math.min(history ?? 0, MAX_HISTORY) };
    const joined = await this.subscriptions.join(connection, room, request);
    const members = await this.presence.join(connection, room);
    if (!this.subscriptions.isMember(connection, room)) {
      throw new ChatError('FORBIDDEN', `This connection was taken out of ${room} meanwhile`);
    }
    const { epoch, offset } = joined.position;
    const { recovered, replayed } = joined;
    const reply: Subscribed = {
      type: 'SUBSCRIBED',
      room,
      epoch,
      offset,
      ...(recovered !== undefined && { recovered }),
      replayed,
      members,
    };
    return { reply, start: () => joined.start() };
  }

  leave(connection: Connection, { room }: UnsubscribeCommand): Unsubscribed {
    this.#depart(connection, room);
    return { type: 'UNSUBSCRIBED', room };
  }

  /** Leaves whatever the connection is in. */
  leaveRooms(connection: Connection): void {
    for (const room of this.subscriptions.roomsOf(connection)) this.#depart(connection, room);
  }

  /** How many rooms a connection is in. */
  countOf(connection: Connection): number {
    return this.subscriptions.countOf(connection);
  }

  /** To be called when a connection is closed. */
  leaveAll(connection: Connection): void {
    for (const room of this.subscriptions.roomsOf(connection)) this.presence.drop(connection, room);
    this.subscriptions.leaveAll(connection);
  }

  /** May throw at once. @throws ChatError FORBIDDEN, NOT_SUBSCRIBED, MESSAGE_TOO_LARGE, CONFLICT, UNAVAILABLE */
  send(connection: Connection, command: SendMessageCommand): Promise<Ack> {
    const { room } = command;
    this.#require(connection, room, 'write');
    this.#requireMember(connection, room, 'sending to it');
    return this.messages.publish(connection.session.user, command, viaOf(connection));
  }

  /** To the one room the connection is in. @throws ChatError FORBIDDEN, NOT_SUBSCRIBED, MESSAGE_TOO_LARGE, UNAVAILABLE */
  async say(connection: Connection, { message }: SayCommand): Promise<Ack> {
    const [room] = this.subscriptions.roomsOf(connection);
    if (room === undefined) throw new ChatError('NOT_SUBSCRIBED', 'Join a room first');
    return this.send(connection, { room, message });
  }

  /** Also who is no member may. @throws ChatError FORBIDDEN, MESSAGE_TOO_LARGE, UNAVAILABLE */
  async broadcast(connection: Connection, room: string, command: BroadcastCommand): Promise<Ack> {
    this.#require(connection, room, 'write');
    const { user } = connection.session;
    const { message, data, ref } = command;
    return this.messages.publish(user, { room, message, ...(data && { data }) }, viaOf(connection, ref));
  }

  /** @throws ChatError BAD_REQUEST, FORBIDDEN, NOT_SUBSCRIBED, UNAVAILABLE */
  async history(connection: Connection, command: HistoryCommand): Promise<History> {
    const { room } = command;
    this.#require(connection, room, 'read');
    this.#requireMember(connection, room, 'reading its history');
    return this.messages.history(command);
  }

  /** @throws ChatError FORBIDDEN, NOT_SUBSCRIBED, UNAVAILABLE */
  async members(connection: Connection, { room, limit = DEFAULT_MEMBERS }: MembersCommand): Promise<Members> {
    this.#require(connection, room, 'read');
    this.#requireMember(connection, room, 'asking who is there');
    return { type: 'MEMBERS', room, ...(await this.presence.members(room, Math.min(limit, MAX_MEMBERS))) };
  }

  /** Those with members which the connection may read, by name, at most 300. @throws ChatError UNAVAILABLE */
  async list(connection: Connection): Promise<Rooms> {
    const { rooms } = await this.presence.rooms(MAX_ROOMS_LISTED);
    const { permissions } = connection.session;
    return { type: 'ROOMS', rooms: rooms.filter(({ name }) => permissions.allows(name, 'read')) };
  }

  /** @throws ChatError FORBIDDEN, NOT_SUBSCRIBED */
  typing(connection: Connection, { room, typing }: TypingCommand): void {
    this.#require(connection, room, 'write');
    this.#requireMember(connection, room, 'typing there');
    this.presence.typing(connection, room, typing);
  }

  /** Takes a connection out of the rooms which its session may no longer read. */
  enforce(connection: Connection): void {
    for (const room of [...this.subscriptions.roomsOf(connection), LOBBY]) {
      if (!connection.session.permissions.allows(room, 'read')) this.expel(connection, room, 'forbidden');
    }
  }

  /** Takes a connection out of a room, and tells it why. */
  expel(connection: Connection, room: string, reason: 'kicked' | 'forbidden'): void {
    if (!this.#depart(connection, room)) return;
    tell(connection, { type: 'UNSUBSCRIBED', room, reason });
  }

  /** Whether it was a member, or overheard the room. */
  #depart(connection: Connection, room: string): boolean {
    if (!this.subscriptions.leave(connection, room)) return false;
    this.presence.leave(connection, room);
    return true;
  }

  #require(connection: Connection, room: string, action: Action): void {
    if (connection.session.permissions.allows(room, action)) return;
    throw new ChatError('FORBIDDEN', `You may not ${action} in ${room}`);
  }

  #requireMember(connection: Connection, room: string, purpose: string): void {
    if (this.subscriptions.isMember(connection, room)) return;
    throw new ChatError('NOT_SUBSCRIBED', `Join ${room} before ${purpose}`);
  }
}

/** Nothing for the native dialect, which is what is taken for granted. */
function viaOf({ dialect }: Connection, ref?: CommandRef): Via | undefined {
  if (dialect === native) return undefined;
  return { dialect: dialect.name, ...(ref !== undefined && ref !== null && { ref }) };
}
