// A room's users on this instance: who is here, and what of it the presence store has yet to be told.
import type { Connection } from '../core/connection.js';
import { type Lease, MAX_USERS_PER_CALL, type Registration } from '../core/presence-store.js';
import type { Identity } from '../protocol/events.js';

interface LocalUser {
  identity: Identity;
  /** Broker's time of the join, ms. */
  readonly since: number;
  /** Connections in the room. */
  connections: number;
  /** Runs while the last connection was lost and the user may come back. */
  grace: NodeJS.Timeout | undefined;
  /** Whether the store has it under the present lease; `unknown` while a call is under way, or when it failed. */
  registered: 'no' | 'unknown' | 'yes';
  /** Whether the others have heard that it joined. */
  announced: boolean;
  /** Who waits for the store to know the user, or to fail. */
  waiting: ((outcome: Settled) => void)[] | undefined;
}

/** What came of telling the store that a user is here; `gone`: it isn't any more. */
export type Settled = 'registered' | 'failed' | 'gone';

/**
 * A user is here while it has a connection in the room or its grace runs. Those of whom the store may think
 * otherwise are taken in batches, one at a time: `takeArrived` → `arrived`, `takeGone` → `gone`, or else `failed`.
 */
export class RoomRoster {
  readonly #users = new Map<string, LocalUser>();
  readonly #userOf = new Map<Connection, LocalUser>();
  readonly #unsettled = new Set<LocalUser>();
  #here = 0;
  /** Changes with every change, so that an answer of the store can be told from an outdated one. */
  revision = 0;

  constructor(readonly room: string) {}

  /** Whether nobody is here, and the store knows that. */
  get empty(): boolean {
    return this.#users.size === 0;
  }

  /** Whether there is something to tell the store. */
  get pending(): boolean {
    return this.#unsettled.size > 0;
  }

  /** Whether some connection hears what happens in the room. */
  get listening(): boolean {
    return this.#userOf.size > 0;
  }

  /** How many users are here. */
  get size(): number {
    return this.#here;
  }

  /** How many the store has under the present lease, as far as is known. */
  get registered(): number {
    let count = 0;
    for (const { registered } of this.#users.values()) if (registered === 'yes') count++;
    return count;
  }

  /** `now`: broker's time, ms. */
  add(connection: Connection, now: number): void {
    if (this.#userOf.has(connection)) return;
    const identity = connection.session.user;
    const user = this.#users.get(identity.id) ?? newUser(identity, now);
    const renamed = user.identity.name !== identity.name;
    // After a time in which nobody listened, the store's answer tells how many there are now.
    if (user.registered === 'yes' && (renamed || !this.listening)) user.registered = 'unknown';
    if (!isHere(user)) this.#here++;
    user.identity = identity;
    user.connections++;
    clearTimeout(user.grace);
    user.grace = undefined;
    this.#users.set(identity.id, user);
    this.#userOf.set(connection, user);
    this.#review(user);
  }

  /**
   * Takes a connection out. Without another one its user is gone, `graceMs` later; `onGone` is called when it is.
   */
  remove(connection: Connection, graceMs: number, onGone: () => void): void {
    const user = this.#userOf.get(connection);
    if (!user) return;
    this.#userOf.delete(connection);
    if (--user.connections > 0) return;
    const goes = () => {
      user.grace = undefined;
      this.#here--;
      this.#review(user);
      onGone();
    };
    if (graceMs > 0) user.grace = setTimeout(goes, graceMs).unref();
    else goes();
  }

  /** Resolves when the store has heard that the user is here, or failed to; at once when it knows. */
  async settled(userId: string): Promise<Settled> {
    const user = this.#users.get(userId);
    if (!user) return 'gone';
    if (user.registered === 'yes') return 'registered';
    return new Promise((resolve) => (user.waiting ??= []).push(resolve));
  }

  takeArrived(): Registration[] {
    return this.#take(isHere).map(({ identity: { id, name }, since, announced }) => ({
      user: { id, name },
      since,
      announce: !announced,
    }));
  }

  /** Ids of users whom the store may have though they are gone. */
  takeGone(): string[] {
    return this.#take((user) => !isHere(user)).map(({ identity }) => identity.id);
  }

  /** The store has registered them, under a lease which may have been lost meanwhile. */
  arrived(registrations: readonly Registration[], used: Lease, present: Lease | undefined): void {
    for (const user of this.#usersOf(registrations.map(({ user: { id } }) => id))) {
      user.announced = true;
      user.registered = used.id === present?.id ? 'yes' : 'no';
      this.#review(user);
      letGo(user, 'registered');
    }
  }

  gone(ids: readonly string[]): void {
    for (const user of this.#usersOf(ids)) {
      user.announced = false;
      user.registered = 'no';
      this.#review(user);
    }
  }

  /** It is not known what the store has of them. */
  failed(ids: readonly string[]): void {
    for (const user of this.#usersOf(ids)) {
      this.#review(user);
      letGo(user, 'failed');
    }
  }

  /** The store has nobody under the present lease. `announced`: have the others heard that all left? */
  lost(announced: boolean): void {
    for (const user of this.#users.values()) {
      user.registered = 'no';
      if (announced) user.announced = false;
      this.#review(user);
    }
  }

  dispose(): void {
    for (const user of this.#users.values()) {
      clearTimeout(user.grace);
      letGo(user, 'gone');
    }
    this.#users.clear();
    this.#userOf.clear();
    this.#unsettled.clear();
  }

  /** Notes what there is to tell the store of a user, who is forgotten when it is gone and the store knows. */
  #review(user: LocalUser): void {
    this.revision++;
    const wanted = isHere(user) ? 'yes' : 'no';
    if (user.registered !== wanted) this.#unsettled.add(user);
    else this.#unsettled.delete(user);
    if (isHere(user) || user.registered !== 'no') return;
    letGo(user, 'gone');
    this.#users.delete(user.identity.id);
  }

  #take(matches: (user: LocalUser) => boolean): LocalUser[] {
    const taken: LocalUser[] = [];
    for (const user of this.#unsettled) {
      if (taken.length === MAX_USERS_PER_CALL) break;
      if (matches(user)) taken.push(user);
    }
    for (const user of taken) {
      this.#unsettled.delete(user);
      user.registered = 'unknown';
    }
    return taken;
  }

  #usersOf(ids: readonly string[]): LocalUser[] {
    return ids.flatMap((id) => this.#users.get(id) ?? []);
  }
}

function newUser(identity: Identity, since: number): LocalUser {
  return {
    identity,
    since,
    connections: 0,
    grace: undefined,
    registered: 'no',
    announced: false,
    waiting: undefined,
  };
}

function isHere({ connections, grace }: LocalUser): boolean {
  return connections > 0 || grace !== undefined;
}

function letGo(user: LocalUser, outcome: Settled): void {
  const { waiting = [] } = user;
  user.waiting = undefined;
  for (const resolve of waiting) resolve(outcome);
}
