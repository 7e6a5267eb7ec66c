// Who is typing: told to the room now and then while it lasts, and over by itself when it isn't renewed.
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Connection } from '../core/connection.js';
import type { RoomSignal, TypingSignal } from '../core/room-signal.js';
import { type SignalListener, SubscriptionService } from '../subscription/subscription.service.js';

/** Saying again that one is typing reaches the others so often. */
const RENEWAL_MS = 3_000;
/** So long after the last word of it, typing is over. */
const EXPIRY_MS = 6_000;
/** Typists of a room at a time; of more the members aren't told. */
const MAX_TYPISTS = 50;

/**
 * Each instance ends by its own clock what it has told its members, so no typist is left over when an instance
 * crashes or a signal is lost.
 */
@Injectable()
export class TypingService implements SignalListener, OnModuleDestroy {
  /** When the fleet last heard of it, by connection and room. */
  readonly #said = new Map<Connection, Map<string, number>>();
  /** Whom the local members see typing, by room and user id, until the timer ends it. */
  readonly #typists = new Map<string, Map<string, NodeJS.Timeout>>();
  #ended = false;

  constructor(private readonly subscriptions: SubscriptionService) {
    subscriptions.listen(this);
  }

  onModuleDestroy(): void {
    this.#ended = true;
    for (const timers of this.#typists.values()) for (const timer of timers.values()) clearTimeout(timer);
    this.#typists.clear();
  }

  start(connection: Connection, room: string): void {
    const said = this.#said.get(connection) ?? new Map<string, number>();
    const now = performance.now();
    if (now - (said.get(room) ?? Number.NEGATIVE_INFINITY) < RENEWAL_MS) return;
    this.#said.set(connection, said.set(room, now));
    this.#say(connection, room, true);
  }

  stop(connection: Connection, room: string): void {
    const said = this.#said.get(connection);
    const saidAt = said?.get(room);
    if (!said || saidAt === undefined) return;
    said.delete(room);
    if (said.size === 0) this.#said.delete(connection);
    if (performance.now() - saidAt < EXPIRY_MS) this.#say(connection, room, false);
  }

  onSignal(room: string, signal: RoomSignal): void {
    if (signal.type !== 'typing' || this.#ended) return;
    const { id } = signal.member;
    const timers = this.#typists.get(room) ?? new Map<string, NodeJS.Timeout>();
    const known = timers.get(id);
    clearTimeout(known);
    if (!signal.typing) return this.#end(room, signal);
    if (!known && timers.size >= MAX_TYPISTS) return;
    const timer = setTimeout(() => this.#end(room, { ...signal, typing: false }), EXPIRY_MS).unref();
    this.#typists.set(room, timers.set(id, timer));
    this.#tell(room, signal);
  }

  #say(connection: Connection, room: string, typing: boolean): void {
    const { id, name } = connection.session.user;
    const said = this.subscriptions.signal(room, { type: 'typing', member: { id, name }, typing });
    // Nobody misses it for long: it is said again, or over by itself.
    said.catch(() => undefined);
  }

  #end(room: string, signal: TypingSignal): void {
    const timers = this.#typists.get(room);
    if (!timers?.delete(signal.member.id)) return;
    if (timers.size === 0) this.#typists.delete(room);
    this.#tell(room, signal);
  }

  #tell(room: string, { member, typing }: TypingSignal): void {
    this.subscriptions.hint(room, { type: 'TYPING', room, member, typing }, member.id);
  }
}
