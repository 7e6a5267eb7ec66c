// Counts connections and handshakes, per address and per user of this instance.
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ChatError } from '../protocol/errors.js';
import { AdmissionOptions } from './admission-options.js';
import type { WsConnection } from './ws-connection.js';

/** What flooding costs an address, in handshakes: to be cut and come back is no way to a new allowance. */
const FLOOD_COSTS = 60;

class Counter {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, by: 1 | -1): void {
    const count = this.of(key) + by;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

@Injectable()
export class ConnectionLimits {
  readonly #perAddress = new Counter();
  readonly #perUser = new Counter();
  #count = 0;
  readonly #handshakes: RateLimiterMemory;

  constructor(private readonly options: AdmissionOptions) {
    this.#handshakes = new RateLimiterMemory({ points: options.maxHandshakesPerMinute, duration: 60 });
  }

  /** Counts a handshake. @throws ChatError RATE_LIMITED */
  async handshake(address: string): Promise<void> {
    this.#requireRoomOf(address);
    try {
      await this.#handshakes.consume(address);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfterMs = refusal.msBeforeNext;
      throw new ChatError('RATE_LIMITED', 'Too many handshakes of this address', { retryAfterMs });
    }
  }

  /** A connection of this address was cut for flooding. */
  async penalise(address: string): Promise<void> {
    await this.#handshakes.penalty(address, FLOOD_COSTS);
  }

  /** @throws ChatError RATE_LIMITED when the address, the user, or the instance has as many connections as may be */
  requireRoom(address: string, user: string | undefined): void {
    this.#requireRoomOf(address);
    if (this.#count >= this.options.maxConnections) {
      throw new ChatError('RATE_LIMITED', 'This instance is full', { retryAfterMs: 5_000 });
    }
    if (user !== undefined && this.#perUser.of(user) >= this.options.maxConnectionsPerUser) {
      throw new ChatError('RATE_LIMITED', 'Too many connections of this user', { retryAfterMs: 10_000 });
    }
  }

  /** Counts a connection until it leaves. */
  enter(connection: WsConnection): void {
    const { address } = connection.handshake;
    const user = connection.session.user.id;
    this.#perAddress.add(address, 1);
    this.#perUser.add(user, 1);
    this.#count++;
    connection.countedFor = user;
  }

  leave(connection: WsConnection): void {
    const user = connection.countedFor;
    if (user === undefined) return;
    this.#perAddress.add(connection.handshake.address, -1);
    this.#perUser.add(user, -1);
    this.#count--;
    connection.countedFor = undefined;
  }

  /** @throws ChatError RATE_LIMITED when the new user has as many connections as may be */
  changeUser(connection: WsConnection, user: string): void {
    const before = connection.countedFor;
    if (before === undefined) return;
    if (this.#perUser.of(user) >= this.options.maxConnectionsPerUser) {
      throw new ChatError('RATE_LIMITED', 'Too many connections of this user', { retryAfterMs: 10_000 });
    }
    this.#perUser.add(before, -1);
    this.#perUser.add(user, 1);
    connection.countedFor = user;
  }

  #requireRoomOf(address: string): void {
    if (this.#perAddress.of(address) < this.options.maxConnectionsPerAddress) return;
    throw new ChatError('RATE_LIMITED', 'Too many connections of this address', { retryAfterMs: 10_000 });
  }
}
