// A reference model of one room's presence: instances with leases, users registered under them, in the simplest words.

interface ModelInstance {
  lease: string;
  state: 'running' | 'paused';
  /** Users with connections on it; a paused one still has them. */
  readonly users: Set<string>;
}

export class PresenceModel {
  /** What has to be announced, as `linesOf` tells it. */
  readonly announced: string[] = [];
  readonly #instances: ModelInstance[];
  /** Users by the lease they are registered under. */
  readonly #registered = new Map<string, Set<string>>();
  /** Leases that ran out, but nobody has noticed. */
  readonly #over = new Set<string>();
  /** Leases that were noticed to be over, and have to be reaped. */
  readonly #claimed = new Set<string>();

  constructor(leases: readonly string[]) {
    this.#instances = leases.map((lease) => ({ lease, state: 'running', users: new Set() }));
  }

  get members(): string[] {
    return [...new Set([...this.#registered.values()].flatMap((users) => [...users]))].toSorted();
  }

  isRunning(instance: number): boolean {
    return this.#instances[instance]!.state === 'running';
  }

  isPaused(instance: number): boolean {
    return this.#instances[instance]!.state === 'paused';
  }

  /** Whether a paused one can go on under its lease. */
  canRenew(instance: number): boolean {
    return this.#over.has(this.#instances[instance]!.lease);
  }

  join(instance: number, users: readonly string[]): void {
    const { lease, users: own } = this.#instances[instance]!;
    for (const id of users) own.add(id);
    this.#change(() =>
      this.#registered.set(lease, new Set([...(this.#registered.get(lease) ?? []), ...users])),
    );
  }

  leave(instance: number, users: readonly string[]): void {
    const { lease, users: own } = this.#instances[instance]!;
    for (const id of users) own.delete(id);
    this.#change(() => users.forEach((id) => this.#registered.get(lease)?.delete(id)));
  }

  get running(): number {
    return this.#instances.filter(({ state }) => state === 'running').length;
  }

  /** Until its lease has run out, while the others' heartbeats go on. */
  pause(instance: number): void {
    this.claim();
    this.#instances[instance]!.state = 'paused';
    this.#over.add(this.#instances[instance]!.lease);
  }

  /** The users whom it has to register anew. Its lease, where it lost it, is named by the store. */
  resume(instance: number, lease: string): string[] {
    const resumed = this.#instances[instance]!;
    resumed.state = 'running';
    this.#over.delete(resumed.lease);
    resumed.lease = lease;
    this.claim();
    const users = [...resumed.users];
    this.join(instance, users);
    return users;
  }

  /** A heartbeat of somebody: from now on what is over can't be renewed. All that has to be reaped. */
  claim(): string[] {
    for (const lease of this.#over) this.#claimed.add(lease);
    this.#over.clear();
    return [...this.#claimed];
  }

  reap(lease: string): void {
    this.#claimed.delete(lease);
    this.#change(() => this.#registered.delete(lease));
  }

  #change(act: () => unknown): void {
    const before = new Set(this.members);
    act();
    const after = new Set(this.members);
    const joined = [...after].filter((id) => !before.has(id)).map((id) => `+${id}`);
    const left = [...before].filter((id) => !after.has(id)).map((id) => `-${id}`);
    if (joined.length + left.length === 0) return;
    this.announced.push(`${[...joined, ...left].toSorted().join(' ')} = ${after.size}`);
  }
}
