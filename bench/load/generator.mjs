// The load generator's process: does what the bench asks over IPC.

import { answer, usage } from '../lib/answer.mjs';
import { Histogram } from './histogram.mjs';
import { Population } from './population.mjs';
import { Storm } from './storm.mjs';
import { Traffic } from './traffic.mjs';

/** @typedef {import('./types.js').Mark} Mark */

/** @type {Population} */
let population;
/** @type {Traffic} */
let traffic;
/** @type {Storm} */
let storm;
/** Latencies of several stretches of one measurement, by name. @type {Map<string, Histogram>} */
const recorded = new Map();

/** What has been counted up to now. */
function mark() {
  population.requireHealth();
  return { sent: population.messages, delivered: population.deliveries };
}

/** @type {Record<string, (args: any) => unknown>} */
const COMMANDS = {
  async open(/** @type {import('./types.js').Layout} */ layout) {
    population = new Population(layout);
    await population.untilServing();
  },
  grow: ({ to }) => population.grow(to),
  load(/** @type {import('./traffic.mjs').Load} */ load) {
    traffic = new Traffic(population, load);
    traffic.start();
  },
  mark,
  async stop() {
    const missing = await traffic.stop();
    population.requireHealth();
    return { missing };
  },
  /** What is heard from now on counts towards this stretch. */
  record(/** @type {{ as: string }} */ { as }) {
    population.latencies = recorded.get(as) ?? new Histogram();
    recorded.set(as, population.latencies);
  },
  forget: () => recorded.clear(),
  recorded(/** @type {{ as: string }} */ { as }) {
    const latencies = recorded.get(as);
    const [p50, p99] = [latencies?.percentile(0.5), latencies?.percentile(0.99)];
    return { p50, p99, count: latencies?.count ?? 0 };
  },
  async storm({ missed }) {
    storm = new Storm(population, missed);
    await storm.begin();
  },
  comeBack: () => storm.comeBack(),
  usage,
};

answer(COMMANDS);
