// Tells the presence store who came and went: rooms side by side, each room one call at a time, until it succeeds.
import { backoffMs } from '../core/backoff.js';
import type { Lease, MembersState, PresenceStore } from '../core/presence-store.js';
import type { PresenceLease } from './presence-lease.js';
import type { RoomRoster } from './room-roster.js';

/** Rooms with a call under way. */
const MAX_CALLS = 64;
/** Between the calls of a large room, whose changes then travel together. */
const LARGE_ROOM_PAUSE_MS = 50;
const RETRY = { baseMs: 100, maxMs: 2_000 };

/** What the sync needs of the rooms it serves. */
export interface SyncedRoom {
  readonly roster: RoomRoster;
  readonly large: boolean;
  /** The store has answered. */
  onAnswer(state: MembersState): void;
  /** Nothing is left to tell for now. */
  onSynced(): void;
}

export class PresenceSync {
  readonly #dirty = new Set<SyncedRoom>();
  readonly #calling = new Set<SyncedRoom>();
  readonly #resting = new Map<SyncedRoom, NodeJS.Timeout>();
  #scheduled: NodeJS.Immediate | undefined;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    private readonly store: PresenceStore,
    private readonly lease: Pick<PresenceLease, 'current' | 'hurry'>,
  ) {}

  /** Whether the store failed just now, so that waiting for it is in vain. */
  get failing(): boolean {
    return this.#retry !== undefined;
  }

  /** Whether what the store has of a room is about to change by us. */
  isBusy(room: SyncedRoom): boolean {
    return room.roster.pending || this.#calling.has(room);
  }

  /** To be called whenever a room's roster has changed. All changes of one turn of the event loop go together. */
  mark(room: SyncedRoom): void {
    if (this.#ended) return;
    this.#dirty.add(room);
    this.#schedule();
  }

  /** To be called when there is a lease, again or for the first time. */
  resume(): void {
    if (!this.failing) this.#schedule();
  }

  end(): void {
    this.#ended = true;
    clearImmediate(this.#scheduled);
    clearTimeout(this.#retry);
    for (const timer of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    this.#dirty.clear();
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const lease = this.lease.current;
    if (!lease || this.failing || this.#ended) return;
    for (const room of this.#dirty) {
      if (this.#calling.size >= MAX_CALLS) return;
      if (this.#calling.has(room) || this.#resting.has(room)) continue;
      this.#dirty.delete(room);
      this.#calling.add(room);
      void this.#call(room, lease);
    }
  }

  async #call(room: SyncedRoom, lease: Lease): Promise<void> {
    const gone = room.roster.takeGone();
    const arrived = room.roster.takeArrived();
    try {
      if (gone.length > 0) {
        room.onAnswer(await this.store.unregister(lease, room.roster.room, gone));
        room.roster.gone(gone);
      }
      if (arrived.length > 0) {
        room.onAnswer(await this.store.register(lease, room.roster.room, arrived));
        room.roster.arrived(arrived, lease, this.lease.current);
      }
      this.#failures = 0;
    } catch {
      room.roster.failed([...gone, ...arrived.map(({ user }) => user.id)]);
      this.#pause();
    }
    this.#calling.delete(room);
    if (this.#ended) return;
    if (room.large) this.#rest(room);
    if (room.roster.pending) {
      this.#dirty.add(room);
    } else {
      this.#dirty.delete(room);
      room.onSynced();
    }
    this.#schedule();
  }

  /** One room that failed is enough to let all wait: they share the store, and the lease which may be over. */
  #pause(): void {
    if (this.#ended) return;
    this.lease.hurry();
    this.#retry ??= setTimeout(
      () => {
        this.#retry = undefined;
        this.#schedule();
      },
      backoffMs(++this.#failures, RETRY),
    ).unref();
  }

  #rest(room: SyncedRoom): void {
    const timer = setTimeout(() => {
      this.#resting.delete(room);
      this.#schedule();
    }, LARGE_ROOM_PAUSE_MS).unref();
    this.#resting.set(room, timer);
  }
}
