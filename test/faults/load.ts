// Clients that talk while something breaks; afterwards everybody has to have everything.
import { eventually } from '../support/deadline.js';
import { check, type Verdict } from './checker.js';
import { ResilientClient } from './resilient-client.js';

/** Scaled to two cores for servers, Redis and clients together. */
export const SCALE = { instances: 3, rooms: 50, clients: 300, roomsPerClient: 2, messagesPerSecond: 300 };

const TICK_MS = 10;
const SETTLE_TIMEOUT_MS = 60_000;

export interface Report extends Verdict {
  /** p50 and p99 of the time from losing a connection to being back in all rooms, ms. */
  readonly resumeP50: number;
  readonly resumeP99: number;
  readonly refusals: Record<string, number>;
}

export class Load {
  readonly clients: ResilientClient[];
  #timer: NodeJS.Timeout | undefined;

  constructor(urls: readonly string[], scale: Partial<typeof SCALE> = {}) {
    const { rooms, clients, roomsPerClient } = { ...SCALE, ...scale };
    this.clients = Array.from({ length: clients }, (_, index) => {
      const own = Array.from({ length: roomsPerClient }, (_room, nth) => `room-${(index + nth * 7) % rooms}`);
      return new ResilientClient(`client-${index}`, urls, own, index);
    });
  }

  /** Resolves when all clients are in all their rooms. */
  async connect(): Promise<void> {
    for (const client of this.clients) client.start();
    await this.allReady();
    for (const client of this.clients) client.resumeMs.length = 0;
  }

  async allReady(): Promise<void> {
    await settled(
      () => this.clients.filter(({ ready }) => !ready).map(({ name }) => name),
      'all are in their rooms',
    );
  }

  /** Sends at the rate until `fault` has run its course. */
  async during(fault: () => Promise<void>, messagesPerSecond = SCALE.messagesPerSecond): Promise<void> {
    let due = 0;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      due += ((now - last) / 1_000) * messagesPerSecond;
      last = now;
      for (; due >= 1; due--) this.#sendOne();
    }, TICK_MS);
    try {
      await fault();
    } finally {
      clearInterval(this.#timer);
    }
  }

  /** Waits until all is acknowledged and everybody stands at the same position of each room; then judges. */
  async settle(): Promise<Report> {
    await this.allReady();
    await settled(() => this.#waiting(), 'all sends are acknowledged');
    const ends = await this.#sendLastMessages();
    await settled(() => this.#notAt(ends), 'every member has the last message of its rooms');
    const resumes = this.clients.flatMap(({ resumeMs }) => resumeMs).toSorted((a, b) => a - b);
    const refusals: Record<string, number> = {};
    for (const client of this.clients) {
      for (const [code, count] of client.refusals) refusals[code] = (refusals[code] ?? 0) + count;
    }
    const verdict = check(
      this.clients.flatMap(({ logs }) => [...logs.values()]),
      this.clients.flatMap(({ acked }) => acked),
    );
    return { ...verdict, resumeP50: quantile(resumes, 0.5), resumeP99: quantile(resumes, 0.99), refusals };
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const client of this.clients) client.stop();
  }

  #waiting(): string[] {
    return this.clients.filter(({ unacknowledged }) => unacknowledged > 0).map(({ name }) => name);
  }

  #sendOne(): void {
    const client = this.clients[Math.floor(Math.random() * this.clients.length)]!;
    const rooms = [...client.logs.keys()];
    client.send(rooms[Math.floor(Math.random() * rooms.length)]!);
  }

  /** One more message in each room, with its position: who stands there has no reason to miss anything before. */
  async #sendLastMessages(): Promise<Map<string, string>> {
    const speakers = new Map(
      this.clients.flatMap((client) => [...client.logs.keys()].map((room) => [room, client] as const)),
    );
    for (const [room, client] of speakers) client.send(room);
    await settled(() => this.#waiting(), 'the last sends are acknowledged');
    return new Map(
      [...speakers].map(([room, { acked }]) => [room, placeOf(acked.findLast((ack) => ack.room === room))]),
    );
  }

  #notAt(ends: ReadonlyMap<string, string>): string[] {
    return this.clients.flatMap(({ name, logs }) =>
      [...logs.values()]
        .filter(({ room, position }) => placeOf(position) !== ends.get(room))
        .map(
          ({ room, position }) => `${name} is at ${placeOf(position)} of ${room}, not at ${ends.get(room)}`,
        ),
    );
  }
}

/** Resolves when nothing is left over of what has to settle. */
async function settled(leftOver: () => string[], what: string): Promise<void> {
  await eventually(
    () => {
      const rest = leftOver();
      if (rest.length > 0) throw new Error(`${rest.length} left, as ${rest[0]}`);
    },
    SETTLE_TIMEOUT_MS,
    what,
  );
}

function placeOf(position: { epoch: string; offset: number } | undefined): string {
  return position ? `${position.epoch} ${position.offset}` : 'nowhere';
}

export function quantile(sorted: readonly number[], q: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
}
