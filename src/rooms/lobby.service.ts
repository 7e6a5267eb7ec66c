// The lobby: a room which connections hear without joining it, so that those who stay silent cost next to nothing.
import { Injectable } from '@nestjs/common';
import { retryWhile } from '../core/backoff.js';
import type { Connection } from '../core/connection.js';
import { LOBBY } from '../protocol/room.js';
import { SubscriptionService } from '../subscription/subscription.service.js';

/** Who hears the lobby is no member of it: not in the presence store, not counted, not told who comes and goes. */
@Injectable()
export class LobbyService {
  readonly #hearers = new Set<Connection>();
  /** Those who don't hear it yet; one loop serves them all. */
  readonly #waiting = new Set<Connection>();
  #running = false;

  constructor(private readonly subscriptions: SubscriptionService) {}

  /** As soon as the broker lets it; who may not read there hears nothing. Returns at once, also when called again. */
  enter(connection: Connection): void {
    if (this.#hearers.has(connection) || !mayHear(connection)) return;
    this.#hearers.add(connection);
    this.#waiting.add(connection);
    if (!this.#running) void this.#letIn();
  }

  /** Also to be called when a connection is closed. Who has joined the lobby as a room stays a member. */
  leave(connection: Connection): void {
    this.#waiting.delete(connection);
    if (this.#hearers.delete(connection)) this.subscriptions.ignore(connection, LOBBY);
  }

  /**
   * Resolves when a connection that entered hears the lobby, so that it hears what it says there itself.
   *
   * @throws ChatError UNAVAILABLE
   */
  async settled(connection: Connection): Promise<void> {
    if (this.#waiting.has(connection)) await this.#hear(connection);
  }

  async #letIn(): Promise<void> {
    this.#running = true;
    await retryWhile(
      () => this.#waiting.size > 0,
      async () => {
        for (const connection of this.#waiting) await this.#hear(connection);
      },
    );
    this.#running = false;
  }

  async #hear(connection: Connection): Promise<void> {
    if (!connection.closed) await this.subscriptions.overhear(connection, LOBBY);
    this.#waiting.delete(connection);
    // It may have left meanwhile, or may not hear it any more.
    if (!this.#hearers.has(connection) || !mayHear(connection)) this.subscriptions.ignore(connection, LOBBY);
  }
}

function mayHear({ session }: Connection): boolean {
  return session.permissions.allows(LOBBY, 'read');
}
