// Orders to the whole fleet: disconnect a user everywhere, take one out of a room.
import { Injectable } from '@nestjs/common';
import { Broker } from '../core/broker.js';
import type { Connection } from '../core/connection.js';
import { newMessageId } from '../core/ids.js';
import type { KickCommand } from '../protocol/commands.js';
import { ChatError } from '../protocol/errors.js';
import { CONTROL_ROOM, KICKS_ROOM } from '../protocol/room.js';

export type Order =
  /** `at`: ms since 1970; tokens issued until then are revoked. */
  | { readonly order: 'disconnect'; readonly user: string; readonly at: number }
  | { readonly order: 'kick'; readonly room: string; readonly user: string };

const REMEMBERED_MS = 60_000;

/** An order that was accepted is stored: every instance obeys it (ControlListener), if late. */
@Injectable()
export class ControlService {
  constructor(private readonly broker: Broker) {}

  /** Ends all connections of a user with 4503, and revokes the tokens issued so far. @throws ChatError UNAVAILABLE */
  async disconnect(user: string): Promise<void> {
    await this.#give({ order: 'disconnect', user, at: Date.now() });
  }

  /** Takes a user out of a room on all connections. @throws ChatError UNAVAILABLE */
  async kick(room: string, user: string): Promise<void> {
    await this.#give({ order: 'kick', room, user });
  }

  /** The same, asked for by a moderator. @throws ChatError FORBIDDEN, UNAVAILABLE */
  async kickFor(moderator: Connection, { room, user }: KickCommand): Promise<void> {
    if (!moderator.session.permissions.allows(room, 'moderate')) {
      throw new ChatError('FORBIDDEN', `You may not moderate ${room}`);
    }
    await this.kick(room, user);
  }

  async #give(order: Order): Promise<void> {
    await this.broker.publish(order.order === 'kick' ? KICKS_ROOM : CONTROL_ROOM, {
      messageId: newMessageId(),
      body: Buffer.from(JSON.stringify(order)),
      fingerprint: '',
      rememberMs: REMEMBERED_MS,
    });
  }
}
