// Who sends when: a number of messages in flight in every room, or a fixed rate in all.

import { setTimeout as sleep } from 'node:timers/promises';
import { clock } from './population.mjs';

const DRAIN_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

/** @typedef {{ window?: number, rate?: number }} Load */

export class Traffic {
  #population;
  #load;
  #running = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {import('./population.mjs').Population} population
   * @param {Load} load
   */
  constructor(population, load) {
    this.#population = population;
    this.#load = load;
  }

  start() {
    const { rooms } = this.#population;
    this.#running = true;
    for (const room of rooms) room.sent = room.delivered = 0;
    if (this.#load.rate) {
      this.#keepPace(this.#load.rate);
      return;
    }
    this.#population.onComplete = (room) => this.#fill(room);
    for (const room of rooms) this.#fill(room);
  }

  /** Resolves when all is delivered, with the number of deliveries that never came. */
  async stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    const deadline = Date.now() + DRAIN_TIMEOUT_MS;
    while (this.#missing() > 0 && Date.now() < deadline) await sleep(POLL_MS);
    // Another moment, in which what comes twice would come.
    await sleep(POLL_MS * 5);
    return this.#missing();
  }

  #missing() {
    const { rooms, layout } = this.#population;
    return rooms.reduce((sum, { sent, delivered }) => sum + sent * layout.members - delivered, 0);
  }

  #fill(/** @type {import('./types.js').Room} */ room) {
    const { members } = this.#population.layout;
    const window = this.#load.window ?? 1;
    while (this.#running && room.sent - Math.floor(room.delivered / members) < window) {
      this.#population.send(room);
    }
  }

  /** Sends what is due, each millisecond: not later for a server that is slow. */
  #keepPace(/** @type {number} */ rate) {
    const { rooms } = this.#population;
    const gap = 1e6 / rate;
    let due = clock();
    let turn = 0;
    const tick = () => {
      const now = clock();
      for (; due <= now; due += gap) {
        const room = rooms[turn++ % rooms.length];
        if (room) this.#population.send(room);
      }
      if (this.#running) this.#timer = setTimeout(tick, 1);
    };
    tick();
  }
}
