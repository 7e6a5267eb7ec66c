// One measurement: one peer, one scenario, one round.

import { setTimeout as sleep } from 'node:timers/promises';
import { Stage } from './stage.mjs';

/**
 * @typedef {import('./types.js').Sample} Sample
 * @typedef {import('./types.js').Scenario} Scenario
 * @typedef {import('./types.js').Timing} Timing
 * @typedef {import('./types.js').Cpu} Cpu
 */

/** What was used between two looks. @param {Cpu} before @param {Cpu} after */
function between(before, after) {
  const micros = (after.at - before.at) * 1000;
  const spent = (/** @type {keyof Cpu} */ who) => after[who] - before[who];
  const ours = spent('servers') + spent('redis') + spent('generator') + spent('bench');
  return {
    serverMicros: spent('servers'),
    redisMicros: spent('redis'),
    serverCores: spent('servers') / micros,
    busy: {
      generatorCores: spent('generator') / micros,
      foreignCores: Math.max(0, spent('machine') - ours) / micros,
    },
  };
}

/** @param {Stage} stage @param {import('./types.js').LoadRow} row @param {Timing} timing */
async function measureLoad(stage, row, timing) {
  await stage.ask('load', { window: row.window, rate: row.rate });
  await sleep(timing.warmMs);
  const first = await stage.ask('mark', { first: true });
  const before = await stage.cpu();
  await sleep(timing.measureMs);
  const last = await stage.ask('mark', { first: false });
  const after = await stage.cpu();
  const [rssKb, redisKb] = [await stage.rssKb(), await stage.redisKb()];
  const { p50, p99, missing } = await stage.ask('stop');
  const { serverMicros, redisMicros, serverCores, busy } = between(before, after);
  const messages = last.sent - first.sent;
  const deliveries = last.delivered - first.delivered;
  if (deliveries === 0) throw new Error(`${row.id}: nothing was delivered`);
  return {
    row: row.id,
    value: serverMicros / (row.per === 'delivery' ? deliveries : messages),
    more: {
      deliveriesPerSecond: (deliveries / (last.at - first.at)) * 1000,
      p50Ms: p50 / 1000,
      p99Ms: p99 / 1000,
      serverCores,
      redisMicros: redisMicros / messages,
      rssMb: rssKb / 1024,
      redisMb: redisKb / 1024,
      missing,
    },
    ...busy,
  };
}

/** @param {Stage} stage @param {Extract<Scenario, { kind: 'load' }>} scenario @param {Timing} timing */
async function measureLoads(stage, { rows, shape }, timing) {
  await stage.ask('grow', { to: shape.rooms * shape.members });
  await sleep(timing.settleMs);
  const samples = [];
  for (const row of rows) samples.push(await measureLoad(stage, row, timing));
  return samples;
}

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
  const { busy } = between(before, await stage.cpu());
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
  const { serverMicros, busy } = between(before, await stage.cpu());
  const { backMicros, wholeMicros } = result;
  const more = {
    backP50Ms: backMicros.p50 / 1000,
    backP99Ms: backMicros.p99 / 1000,
    wholeMs: wholeMicros && wholeMicros.all / 1000,
    heardShare: result.heard / result.missed,
    microsPerClient: serverMicros / result.clients,
    retries: result.retries,
  };
  return [{ row: rows[0].id, value: backMicros.all / 1000, more, ...busy }];
}

/** @param {import('./types.js').Peer} peer @param {Scenario} scenario @param {import('./types.js').Pins} pins */
async function emptyHeapKb(peer, { shape }, pins) {
  const stage = await Stage.open(peer, shape, pins);
  try {
    return await stage.heapKb();
  } finally {
    await stage.close();
  }
}

/**
 * @param {import('./types.js').Peer} peer
 * @param {Scenario} scenario
 * @param {{ round: number, timing: Timing, pins: import('./types.js').Pins }} how
 * @returns {Promise<Sample[]>}
 */
export async function measure(peer, scenario, { round, timing, pins }) {
  const stage = await Stage.open(peer, scenario.shape, pins);
  try {
    const samples = await (scenario.kind === 'load'
      ? measureLoads(stage, scenario, timing)
      : scenario.kind === 'memory'
        ? measureMemory(stage, scenario, timing, () => emptyHeapKb(peer, scenario, pins))
        : measureStorm(stage, scenario, timing));
    return samples.map((sample) => ({ ...sample, peer: peer.id, round }));
  } finally {
    await stage.close();
  }
}
