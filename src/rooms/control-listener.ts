// Obeys the orders given to the fleet, on this instance.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { retryWhile } from '../core/backoff.js';
import type { Connection } from '../core/connection.js';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { newId } from '../core/ids.js';
import { Permissions } from '../core/permissions.js';
import { Revocations } from '../core/revocations.js';
import { CloseCode } from '../protocol/close-codes.js';
import type { Dialect, Frame } from '../protocol/dialects/dialect.js';
import { ChatError } from '../protocol/errors.js';
import { CONTROL_ROOM, KICKS_ROOM } from '../protocol/room.js';
import { SubscriptionService } from '../subscription/subscription.service.js';
import type { Order } from './control.service.js';
import { RoomService } from './room.service.js';

/** An instance that starts learns the revocations of so many orders back. */
const ORDERS_REPLAYED = 1_000;

/**
 * Orders are messages of a room which every instance is a member of, so they are stored, ordered and repaired
 * like any message: an instance that was cut off obeys late, but misses none.
 */
@Injectable()
export class ControlListener implements OnApplicationBootstrap, OnModuleDestroy {
  #closed = false;

  constructor(
    private readonly subscriptions: SubscriptionService,
    private readonly rooms: RoomService,
    private readonly connections: ConnectionRegistry,
    private readonly revocations: Revocations,
  ) {}

  onApplicationBootstrap(): void {
    const member = new ControlConnection((order) => this.#obey(order));
    this.#join(member, CONTROL_ROOM, ORDERS_REPLAYED);
    this.#join(member, KICKS_ROOM, 0);
  }

  onModuleDestroy(): void {
    this.#closed = true;
  }

  #join(member: ControlConnection, room: string, history: number): void {
    const join = async () => (await this.subscriptions.join(member, room, { history })).start();
    void retryWhile(() => !this.#closed, join);
  }

  #obey(order: Order): void {
    if (order.order === 'disconnect') this.revocations.revoke(order.user, order.at);
    for (const connection of this.connections) {
      const { user, issuedAt } = connection.session;
      if (user.id !== order.user) continue;
      if (order.order === 'kick') this.rooms.expel(connection, order.room, 'kicked');
      // An order that comes late spares who has come with a newer token since.
      else if (this.revocations.covers(user.id, issuedAt)) connection.close(CloseCode.KICKED);
    }
  }
}

/** Hands an order on as it stands in the log. What was lost of the log can't be told, and is not obeyed. */
const orders: Dialect = {
  name: 'orders',
  decode: () => {
    throw new ChatError('BAD_REQUEST', 'nobody speaks this');
  },
  encodeReply: () => undefined,
  encodeError: () => undefined,
  // Nothing, rather than no words: that would end the connection.
  encodeEvent: () => '',
  encodePublication: (_room, { body }) => body,
};

/** This instance as a member of the control room. */
class ControlConnection implements Connection {
  readonly id = newId('i');
  readonly session = {
    user: { id: this.id, name: this.id },
    permissions: Permissions.NONE,
    expiresAt: undefined,
    authenticated: true,
  };
  readonly dialect = orders;
  readonly closed = false;
  readonly writable = true;

  constructor(private readonly obey: (order: Order) => void) {}

  send(frame: Frame): void {
    if (frame.length > 0) this.obey(JSON.parse(frame.toString()) as Order);
  }

  async whenWritable(): Promise<void> {
    await Promise.resolve();
  }

  close(): void {
    throw new Error('the control connection lasts as long as the instance');
  }
}
