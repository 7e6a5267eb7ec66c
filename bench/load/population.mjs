// The clients of one measurement, in their rooms, and what they hear.

import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.mjs';
import { DIALECTS } from './dialects.mjs';
import { MessageTemplate, stampedText } from './frames.mjs';
import { Histogram } from './histogram.mjs';

/** @typedef {import('./types.js').Room} Room */

/** Handshakes under way at once while the rooms fill: a server's start isn't measured. */
const HANDSHAKES = 64;
const JOIN_TIMEOUT_MS = 120_000;
const CANARY_TIMEOUT_MS = 5_000;
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 20;

/** µs on the generator's clock. */
export function clock() {
  return Math.floor(performance.now() * 1000);
}

export class Population {
  latencies = new Histogram();
  deliveries = 0;
  messages = 0;
  /** @type {Connection[]} */
  connections = [];
  /** Called when each member has heard as many messages as were sent before. @type {(room: Room) => void} */
  onComplete = () => {};
  now = clock;
  /** @type {Room[]} */
  rooms;
  /** @type {string | undefined} */
  #failure;
  #joined = 0;

  /** @param {import('./types.js').Layout} layout */
  constructor(layout) {
    const dialect = DIALECTS[layout.dialect];
    if (!dialect) throw new Error(`no dialect is called ${layout.dialect}`);
    this.dialect = dialect;
    this.layout = layout;
    this.rooms = Array.from({ length: layout.rooms }, (_, index) => {
      const name = `room-${index}`;
      const text = dialect.message(name, stampedText(layout.textBytes));
      return { name, senders: [], template: new MessageTemplate(text), sent: 0, delivered: 0 };
    });
  }

  /** Resolves when a client could join on each port. */
  async untilServing() {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (const port of this.layout.ports) {
      while (!(await this.#canJoin(port))) {
        if (Date.now() > deadline) throw new Error(`the server on port ${port} lets nobody join`);
        await sleep(POLL_MS);
      }
    }
  }

  /** Fills the rooms, one after the other, until `size` clients have joined. */
  async grow(/** @type {number} */ size) {
    const deadline = Date.now() + JOIN_TIMEOUT_MS;
    while (this.#joined < size) {
      this.requireHealth();
      while (this.connections.length < size && this.connections.length - this.#joined < HANDSHAKES) {
        this.#seat(this.connections.length);
      }
      if (Date.now() > deadline) throw new Error(`${this.#joined} of ${size} clients have joined`);
      await sleep(1);
    }
  }

  /** @throws when a connection was lost that nobody cut */
  requireHealth() {
    if (this.#failure) throw new Error(this.#failure);
  }

  /** Sends one message to a room, from its next sender. */
  send(/** @type {Room} */ room) {
    const sender = room.senders[room.sent++ % room.senders.length];
    sender?.send(room.template.stamped(clock(), ++this.messages));
  }

  delivered(/** @type {Connection} */ connection, /** @type {number} */ stamp, /** @type {number} */ now) {
    const { room, member } = connection.seat;
    const { ports, members } = this.layout;
    this.deliveries++;
    // With several instances, what crossed from one to another is what matters.
    if (ports.length === 1 || member % ports.length !== 0) this.latencies.record(now - stamp);
    if (++room.delivered % members === 0) this.onComplete(room);
  }

  joined() {
    this.#joined++;
  }

  lost(/** @type {Connection} */ _connection, /** @type {string} */ reason) {
    this.#failure ??= `a connection to ${this.layout.dialect} was lost: ${reason}`;
  }

  #seat(/** @type {number} */ index) {
    const { ports, members, senders } = this.layout;
    const member = index % members;
    const room = this.rooms[Math.floor(index / members)];
    const port = ports[member % ports.length];
    if (!room || !port) throw new Error('there are more clients than seats');
    const connection = new Connection(this, { port, room, member });
    this.connections.push(connection);
    if (member < senders) room.senders.push(connection);
  }

  async #canJoin(/** @type {number} */ port) {
    const { promise, owner } = watch(this.dialect);
    const room = /** @type {Room} */ ({ name: 'canary' });
    const canary = new Connection(owner, { port, room, member: 0 });
    const joined = await Promise.race([promise, sleep(CANARY_TIMEOUT_MS, false)]);
    canary.cut();
    return joined;
  }
}

/** Tells whether one connection joins. */
function watch(/** @type {import('./types.js').Dialect} */ dialect) {
  /** @type {import('./types.js').Owner | undefined} */
  let owner;
  /** @type {Promise<boolean>} */
  const promise = new Promise((resolve) => {
    owner = {
      dialect,
      now: clock,
      joined: () => resolve(true),
      lost: () => resolve(false),
      delivered: () => {},
    };
  });
  return { promise, owner: /** @type {import('./types.js').Owner} */ (/** @type {unknown} */ (owner)) };
}
