// The messages of rooms, whoever asks: stored once, and read back.
import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Broker, type Draft, type HistoryRange } from '../core/broker.js';
import { isoNow } from '../core/clock.js';
import { newMessageId } from '../core/ids.js';
import { Meter } from '../core/meter.js';
import type { HistoryCommand, SendMessageCommand } from '../protocol/commands.js';
import { ChatError } from '../protocol/errors.js';
import type { Ack, History, Identity } from '../protocol/events.js';
import { encodeBody, type Via } from '../protocol/message-body.js';
import type { Publication } from '../protocol/position.js';
import { RoomOptions } from './room-options.js';

/** A messageId the server made is sent to the broker again only while its publish is under way. */
const OWN_ID_REMEMBERED_MS = 60_000;
/** Messages in one page; who asks for more gets so many. */
export const MAX_HISTORY = 300;
const DEFAULT_HISTORY = 50;

/** Asks nobody whether they may: that is for its callers to do. */
@Injectable()
export class MessageService {
  constructor(
    private readonly broker: Broker,
    private readonly options: RoomOptions,
    private readonly meter: Meter,
  ) {}

  /** Resolves when stored; may throw at once. @throws ChatError MESSAGE_TOO_LARGE, CONFLICT, UNAVAILABLE */
  publish(sender: Identity, command: SendMessageCommand, via?: Via): Promise<Ack> {
    const { room } = command;
    const draft = this.#draft(sender, command, via);
    const now = performance.now();
    this.meter.onPublish(draft.messageId, now);
    return this.broker.publish(room, draft).then(({ epoch, offset, messageId, duplicate }) => {
      this.meter.onStored(now, duplicate);
      return { type: 'ACK', room, epoch, offset, messageId, duplicate };
    });
  }

  /** @throws ChatError BAD_REQUEST, UNAVAILABLE */
  async history(command: HistoryCommand): Promise<History> {
    const { room } = command;
    const range = rangeOf(command);
    const { head, publications, more } = await this.broker.history(room, range);
    const messages = this.#asManyAsFit(publications, range);
    const cut = messages.length < publications.length;
    return { type: 'HISTORY', room, epoch: head.epoch, messages, more: cut || more > 0 };
  }

  /** Those next to where the page begins, up to the bytes a page may have, but at least one. */
  #asManyAsFit(publications: readonly Publication[], { from }: HistoryRange): readonly Publication[] {
    const oldestFirst = from === 'after';
    const nearestFirst = oldestFirst ? publications : publications.toReversed();
    let bytes = 0;
    const tooMuch = nearestFirst.findIndex(
      ({ body }, index) => (bytes += body.length) > this.options.maxPageBytes && index > 0,
    );
    if (tooMuch < 0) return publications;
    return oldestFirst ? publications.slice(0, tooMuch) : publications.slice(-tooMuch);
  }

  #draft(sender: Identity, { message, data, messageId: key }: SendMessageCommand, via?: Via): Draft {
    const json = data === undefined ? '' : JSON.stringify(data);
    if (Buffer.byteLength(message) + Buffer.byteLength(json) > this.options.maxMessageBytes) {
      throw new ChatError('MESSAGE_TOO_LARGE', `A message may have ${this.options.maxMessageBytes} bytes`);
    }
    const messageId = key ?? newMessageId();
    const body = encodeBody({ messageId, sender, message, data: json, sentAt: isoNow(), via });
    return {
      messageId,
      body,
      // A repeated key is the client's own doing, so only its keys need a comparison of contents.
      fingerprint: key === undefined ? '' : hash('sha1', `${message.length}:${message}${json}`, 'base64'),
      rememberMs: key === undefined ? OWN_ID_REMEMBERED_MS : this.options.idempotencyTtlMs,
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
