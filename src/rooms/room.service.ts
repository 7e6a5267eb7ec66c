// What members do in rooms: join, leave, send, read back.
import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Broker, type Draft, type HistoryRange } from '../core/broker.js';
import type { Connection } from '../core/connection.js';
import { newMessageId } from '../core/ids.js';
import type {
  HistoryCommand,
  SendMessageCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from '../protocol/commands.js';
import { ChatError } from '../protocol/errors.js';
import type { Ack, History, Subscribed, Unsubscribed } from '../protocol/events.js';
import type { MessageBody } from '../protocol/position.js';
import { SubscriptionService } from '../subscription/subscription.service.js';
import { RoomOptions } from './room-options.js';

/** A messageId the server made is sent to the broker again only while its publish is under way. */
const OWN_ID_REMEMBERED_MS = 60_000;
/** Messages in one reply or replay; who asks for more gets so many. */
const MAX_HISTORY = 300;
const DEFAULT_HISTORY = 50;

export interface JoinOutcome {
  readonly reply: Subscribed;
  /** To be called once the reply is on its way: replayed and live messages follow it. */
  start(): void;
}

@Injectable()
export class RoomService {
  constructor(
    private readonly broker: Broker,
    private readonly subscriptions: SubscriptionService,
    private readonly options: RoomOptions,
  ) {}

  /** @throws ChatError LIMIT_EXCEEDED, UNAVAILABLE */
  async join(connection: Connection, { room, since, history }: SubscribeCommand): Promise<JoinOutcome> {
    const full = this.subscriptions.countOf(connection) >= this.options.maxRooms;
    if (full && !this.subscriptions.isMember(connection, room)) {
      throw new ChatError('LIMIT_EXCEEDED', `A connection may be in ${this.options.maxRooms} rooms`);
    }
    const request = since ? { since } : { history: Math.min(history ?? 0, MAX_HISTORY) };
    const joined = await this.subscriptions.join(connection, room, request);
    const { epoch, offset } = joined.position;
    const { recovered, replayed } = joined;
    const reply: Subscribed = {
      type: 'SUBSCRIBED',
      room,
      epoch,
      offset,
      ...(recovered !== undefined && { recovered }),
      replayed,
    };
    return { reply, start: () => joined.start() };
  }

  leave(connection: Connection, { room }: UnsubscribeCommand): Unsubscribed {
    this.subscriptions.leave(connection, room);
    return { type: 'UNSUBSCRIBED', room };
  }

  leaveAll(connection: Connection): void {
    this.subscriptions.leaveAll(connection);
  }

  /** @throws ChatError NOT_SUBSCRIBED, MESSAGE_TOO_LARGE, CONFLICT, UNAVAILABLE */
  async send(connection: Connection, command: SendMessageCommand): Promise<Ack> {
    const { room } = command;
    this.#requireMember(connection, room, 'sending to it');
    const draft = this.#draft(connection, command);
    const { epoch, offset, messageId, duplicate } = await this.broker.publish(room, draft);
    return { type: 'ACK', room, epoch, offset, messageId, duplicate };
  }

  /** @throws ChatError BAD_REQUEST, NOT_SUBSCRIBED, UNAVAILABLE */
  async history(connection: Connection, command: HistoryCommand): Promise<History> {
    const { room } = command;
    this.#requireMember(connection, room, 'reading its history');
    const { head, publications, more } = await this.broker.history(room, rangeOf(command));
    return { type: 'HISTORY', room, epoch: head.epoch, messages: publications, more: more > 0 };
  }

  #requireMember(connection: Connection, room: string, purpose: string): void {
    if (this.subscriptions.isMember(connection, room)) return;
    throw new ChatError('NOT_SUBSCRIBED', `Join ${room} before ${purpose}`);
  }

  #draft(connection: Connection, { message, data, messageId }: SendMessageCommand): Draft {
    const content = data === undefined ? message : `${message}\0${JSON.stringify(data)}`;
    if (Buffer.byteLength(content) > this.options.maxMessageBytes) {
      throw new ChatError('MESSAGE_TOO_LARGE', `A message may have ${this.options.maxMessageBytes} bytes`);
    }
    const { id, name } = connection.identity;
    const body: MessageBody = {
      messageId: messageId ?? newMessageId(),
      sender: { id, name },
      message,
      ...(data !== undefined && { data }),
      sentAt: new Date().toISOString(),
    };
    return {
      messageId: body.messageId,
      body: Buffer.from(JSON.stringify(body)),
      // A repeated key is the client's own doing, so only its keys need a comparison of contents.
      fingerprint: messageId === undefined ? '' : hash('sha1', content, 'base64'),
      rememberMs: messageId === undefined ? OWN_ID_REMEMBERED_MS : this.options.idempotencyTtlMs,
    };
  }
}

function rangeOf({ before, after, limit: asked = DEFAULT_HISTORY }: HistoryCommand): HistoryRange {
  const limit = Math.min(asked, MAX_HISTORY);
  if (before !== undefined && after !== undefined) {
    throw new ChatError('BAD_REQUEST', 'Give before or after, not both');
  }
  if (after !== undefined) return { from: 'after', offset: after, limit };
  if (before !== undefined) return { from: 'before', offset: before, limit };
  return { from: 'newest', limit };
}
