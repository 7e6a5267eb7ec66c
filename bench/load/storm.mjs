// A recovery storm: all clients but one of each room are cut, miss some messages, and come back at once.

import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.mjs';
import { Histogram } from './histogram.mjs';
import { clock } from './population.mjs';

const TIMEOUT_MS = 60_000;
const POLL_MS = 5;
/** So that servers see that the clients are gone, before they are missed. */
const ABSENCE_MS = 1_000;
const RETRY_MS = 200;
/**
 * Node's servers let 511 connections wait to be accepted. Of more, the kernel drops some, whose clients try again a
 * second later: then that second is what is measured.
 */
const UNDER_WAY = 500;

/** @typedef {import('./types.js').Seat} Seat */
/** @typedef {import('./types.js').Position} Position */

export class Storm {
  #population;
  #missed;
  /** @type {{ seat: Seat, since: Position | undefined }[]} */
  #away = [];
  #back = new Histogram();
  #whole = new Histogram();
  #counts = { back: 0, whole: 0, retries: 0, heard: 0, unrecovered: 0 };
  #began = 0;
  #underWay = 0;
  /** @type {string | undefined} */
  #failure;

  /**
   * @param {import('./population.mjs').Population} population
   * @param {number} missed messages per room
   */
  constructor(population, missed) {
    this.#population = population;
    this.#missed = missed;
  }

  /** Cuts the clients, and lets those who stay send. */
  async begin() {
    const { connections, rooms } = this.#population;
    const stayers = connections.filter(({ seat }) => seat.member === 0);
    for (const connection of connections) {
      if (connection.seat.member === 0) continue;
      this.#away.push({ seat: connection.seat, since: positionNow(connection) });
      connection.cut();
    }
    this.#population.connections = stayers;
    await sleep(ABSENCE_MS);
    const before = stayers.map(({ heard }) => heard);
    for (let count = 0; count < this.#missed; count++) rooms.forEach((room) => this.#population.send(room));
    const sent = () => stayers.every(({ heard }, index) => heard === (before[index] ?? 0) + this.#missed);
    await this.#until(sent, 'the messages that the others miss');
  }

  /** All at once; resolves when everybody is back, where the server can with what was missed. */
  async comeBack() {
    const resumes = this.#population.dialect.positionOf !== undefined;
    this.#began = clock();
    const all = this.#away.length;
    this.#admit();
    await this.#until(() => this.#counts.back === all, `${all} clients are back`);
    const settled = () => this.#counts.whole + this.#counts.unrecovered >= all;
    if (resumes) await this.#until(settled, `${all} clients have what they missed`);
    return {
      clients: all,
      ...this.#counts,
      missed: all * this.#missed,
      backMicros: spread(this.#back),
      wholeMicros: resumes ? spread(this.#whole) : undefined,
    };
  }

  /** Lets as many connect as may. */
  #admit() {
    while (this.#underWay < UNDER_WAY) {
      const next = this.#away.pop();
      if (!next) return;
      this.#underWay++;
      this.#connect(next.seat, next.since);
    }
  }

  #connect(/** @type {Seat} */ seat, /** @type {Position | undefined} */ since) {
    /** @type {import('./types.js').Owner} */
    const owner = {
      dialect: this.#population.dialect,
      now: clock,
      joined: (connection) => this.#returned(connection),
      delivered: (connection) => this.#heard(connection),
      lost: ({ joined }, reason) => {
        if (joined) this.#failure ??= `a client was back, and was lost again: ${reason}`;
        else this.#retry(seat, since);
      },
    };
    this.#population.connections.push(new Connection(owner, seat, since));
  }

  /** As a patient client does. */
  #retry(/** @type {Seat} */ seat, /** @type {Position | undefined} */ since) {
    this.#counts.retries++;
    setTimeout(() => this.#connect(seat, since), RETRY_MS * (1 + Math.random()));
  }

  #returned(/** @type {Connection} */ connection) {
    this.#counts.back++;
    this.#underWay--;
    this.#admit();
    this.#back.record(clock() - this.#began);
    if (connection.position?.recovered === false) this.#counts.unrecovered++;
  }

  #heard(/** @type {Connection} */ connection) {
    this.#counts.heard++;
    if (connection.heard !== this.#missed) return;
    this.#counts.whole++;
    this.#whole.record(clock() - this.#began);
  }

  async #until(/** @type {() => boolean} */ reached, /** @type {string} */ what) {
    const deadline = Date.now() + TIMEOUT_MS;
    while (!reached()) {
      if (this.#failure) throw new Error(this.#failure);
      if (Date.now() > deadline) throw new Error(`${what}: not within ${TIMEOUT_MS} ms`);
      await sleep(POLL_MS);
    }
  }
}

/** Offsets rise by one with each message. */
function positionNow(/** @type {Connection} */ { position, heard }) {
  return position && { epoch: position.epoch, offset: position.offset + heard };
}

function spread(/** @type {Histogram} */ histogram) {
  return { p50: histogram.percentile(0.5), p99: histogram.percentile(0.99), all: histogram.percentile(1) };
}
