// One room's presence on this instance: who is here, and what the members are told of the whole fleet's.
import type { Connection } from '../core/connection.js';
import type { HeldState, MembersState } from '../core/presence-store.js';
import type { MembersSignal } from '../core/room-signal.js';
import { MemberEvents, type Tell } from './member-events.js';
import type { PresenceOptions } from './presence-options.js';
import type { SyncedRoom } from './presence-sync.js';
import { RoomRoster } from './room-roster.js';

export class PresentRoom implements SyncedRoom {
  readonly roster: RoomRoster;
  readonly #events: MemberEvents;

  constructor(
    room: string,
    options: PresenceOptions,
    tell: Tell,
    /** Called when nobody is left here, and the store knows. */
    private readonly onEmpty: () => void,
  ) {
    this.roster = new RoomRoster(room);
    this.#events = new MemberEvents(room, options, tell);
  }

  get large(): boolean {
    return this.#events.large;
  }

  /** Users in the room over the fleet, as far as is known; at least those who are here. */
  get members(): number {
    return Math.max(this.#events.members ?? 0, this.roster.size);
  }

  remove(connection: Connection, graceMs: number, onGone: () => void): void {
    this.roster.remove(connection, graceMs, onGone);
    if (!this.roster.listening) this.#events.reset();
  }

  onSignal(signal: MembersSignal): void {
    if (this.roster.listening) this.#events.onSignal(signal);
  }

  onAnswer(state: MembersState): void {
    if (this.roster.listening) this.#events.onAnswer(state);
  }

  onRecheck(state: HeldState): void {
    if (this.roster.listening) this.#events.onRecheck(state);
  }

  /** The store has nobody of ours any more; `announced`: the others heard that they left. */
  onLost(announced: boolean): void {
    this.roster.lost(announced);
    if (!announced) this.#events.restart();
  }

  onSynced(): void {
    if (this.roster.empty) this.onEmpty();
  }

  dispose(): void {
    this.roster.dispose();
    this.#events.reset();
  }
}
