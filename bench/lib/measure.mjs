// One round of a scenario: all servers in turn under full load, else one after the other.

import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './error.mjs';
import { busyIn, difference } from './spent.mjs';
import { Stage } from './stage.mjs';
import { measureInTurn } from './turns.mjs';

/**
 * @typedef {import('./types.js').Peer} Peer
 * @typedef {import('./types.js').Outcome} Outcome
 * @typedef {import('./types.js').Scenario} Scenario
 * @typedef {import('./types.js').Timing} Timing
 * @typedef {{ timing: Timing, pins: import('./types.js').Pins }} How
 */

/**
 * Nothing is collected before the last reading: V8 lets a heap that was collected while it was small grow further before
 * it is collected again, and every connection would be charged for it.
 *
 * @param {Stage} stage
 * @param {Extract<Scenario, { kind: 'memory' }>} scenario
 * @param {Timing} timing
 * @param {() => Promise<number>} askEmpty what JavaScript holds in a server like it that nobody has been to
 */
async function measureMemory(stage, { rows, from, to }, timing, askEmpty) {
  const before = await stage.cpu();
  const grown = async (/** @type {number} */ size) => {
    await stage.ask('grow', { to: size });
    await sleep(timing.idleMs);
    return stage.rssKb();
  };
  const empty = await grown(0);
  const few = await grown(from);
  const many = await grown(to);
  const busy = busyIn(difference(await stage.cpu(), before));
  const heap = (await stage.heapKb()) - (await askEmpty());
  const more = { overEmptyKb: (many - empty) / to, heapKb: heap / to, rssMb: many / 1024 };
  return [{ row: rows[0].id, value: (many - few) / (to - from), more, ...busy }];
}

/** @param {Stage} stage @param {Extract<Scenario, { kind: 'storm' }>} scenario @param {Timing} timing */
async function measureStorm(stage, { rows, shape, missed }, timing) {
  await stage.ask('grow', { to: shape.rooms * shape.members });
  await sleep(timing.settleMs);
  await stage.ask('storm', { missed });
  const before = await stage.cpu();
  const result = await stage.ask('comeBack');
  const spent = difference(await stage.cpu(), before);
  const { backMicros, wholeMicros } = result;
  const more = {
    backP50Ms: backMicros.p50 / 1000,
    backP99Ms: backMicros.p99 / 1000,
    wholeMs: wholeMicros && wholeMicros.all / 1000,
    heardShare: result.heard / result.missed,
    microsPerClient: spent.servers / result.clients,
    retries: result.retries,
  };
  return [{ row: rows[0].id, value: backMicros.all / 1000, more, ...busyIn(spent) }];
}

/** @param {Peer} peer @param {Scenario} scenario @param {import('./types.js').Pins} pins */
async function emptyHeapKb(peer, { shape }, pins) {
  const stage = await Stage.open(peer, shape, pins);
  try {
    return await stage.heapKb();
  } finally {
    await stage.close();
  }
}

/**
 * @param {Peer} peer
 * @param {Exclude<Scenario, { kind: 'load' }>} scenario
 * @param {How} how
 * @returns {Promise<Outcome>}
 */
async function measureAlone(peer, scenario, { timing, pins }) {
  /** @type {Stage | undefined} */
  let stage;
  try {
    stage = await Stage.open(peer, scenario.shape, pins);
    const samples = await (scenario.kind === 'memory'
      ? measureMemory(stage, scenario, timing, () => emptyHeapKb(peer, scenario, pins))
      : measureStorm(stage, scenario, timing));
    return { peer, samples };
  } catch (error) {
    return { peer, samples: [], failure: messageOf(error) };
  } finally {
    await stage?.close();
  }
}

/**
 * @param {Peer[]} peers
 * @param {Scenario} scenario
 * @param {How} how
 * @returns {AsyncGenerator<Outcome>}
 */
export async function* measureRound(peers, scenario, how) {
  if (scenario.kind !== 'load') {
    for (const peer of peers) yield measureAlone(peer, scenario, how);
    return;
  }
  const { rows } = scenario;
  yield* await measureInTurn(peers, { ...scenario, rows: rows.filter(({ rate }) => !rate) }, how);
  // What V8 does in a server that has nothing to do would be heard in another one's latency.
  const paced = { ...scenario, rows: rows.filter(({ rate }) => rate) };
  for (const peer of peers) yield* await measureInTurn([peer], paced, how);
}
