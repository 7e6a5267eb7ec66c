// Load, for several servers which are there at once, in turns of less than a second.

import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './error.mjs';
import { busyIn, difference, sum } from './spent.mjs';
import { Stage } from './stage.mjs';

/**
 * @typedef {import('./types.js').Peer} Peer
 * @typedef {import('./types.js').LoadRow} LoadRow
 * @typedef {import('./types.js').Timing} Timing
 * @typedef {import('./types.js').Spent} Spent
 * @typedef {import('./types.js').Outcome & { stage?: Stage }} Contender
 * @typedef {(step: (stage: Stage, contender: Contender) => Promise<void>) => Promise<void>} Each
 */

/** A machine's moods last for seconds: this is short enough that all servers have the same. */
export const TURN_MS = 700;
/** From when on a turn counts: by then as much is in flight as is to be. */
const LEAD_MS = 150;
/** What is heard outside of what counts. */
const NOT_COUNTED = { as: 'not counted' };

/** @param {Stage} stage @returns {Promise<Spent>} all that has been up to now */
async function look(stage) {
  const { sent, delivered } = await stage.ask('mark');
  return { ...(await stage.cpu()), sent, delivered };
}

/** @param {Stage} stage @param {LoadRow} row @param {number} measureMs */
async function takeTurn(stage, row, measureMs) {
  await stage.ask('load', { window: row.window, rate: row.rate });
  await sleep(LEAD_MS);
  await stage.ask('record', { as: row.id });
  const before = await look(stage);
  await sleep(measureMs);
  const spent = difference(await look(stage), before);
  await stage.ask('record', NOT_COUNTED);
  const { missing } = await stage.ask('stop');
  return { spent, missing };
}

/** @param {Stage} stage @param {LoadRow} row @param {{ spent: Spent, missing: number }[]} turns */
async function sampleOf(stage, row, turns) {
  const spent = sum(turns.map((turn) => turn.spent));
  if (spent.delivered === 0) throw new Error(`${row.id}: nothing was delivered`);
  const { p50, p99 } = await stage.ask('recorded', { as: row.id });
  const [rssKb, redisKb] = [await stage.rssKb(), await stage.redisKb()];
  return {
    row: row.id,
    value: spent.servers / (row.per === 'delivery' ? spent.delivered : spent.sent),
    more: {
      deliveriesPerSecond: (spent.delivered / spent.at) * 1000,
      p50Ms: p50 / 1000,
      p99Ms: p99 / 1000,
      serverCores: spent.servers / (spent.at * 1000),
      redisMicros: spent.redis / spent.sent,
      rssMb: rssKb / 1024,
      redisMb: redisKb / 1024,
      missing: turns.reduce((total, { missing }) => total + missing, 0),
    },
    ...busyIn(spent),
  };
}

/** @param {Each} each @param {LoadRow} row @param {Timing} timing */
async function measureRow(each, row, { warmMs, paceMs, measureMs }) {
  const count = Math.max(1, Math.round(measureMs / TURN_MS));
  /** @type {Map<Stage, { spent: Spent, missing: number }[]>} */
  const turns = new Map();
  await each(async (stage) => {
    // At full load also where a rate follows: that is warm sooner. What V8 compiles after it is not the rate's.
    await takeTurn(stage, { ...row, rate: undefined, window: row.window ?? 1 }, warmMs);
    if (row.rate) await takeTurn(stage, row, paceMs);
    await stage.ask('forget');
    turns.set(stage, []);
  });
  for (let nth = 0; nth < count; nth++) {
    await each(async (stage) => {
      turns.get(stage)?.push(await takeTurn(stage, row, measureMs / count));
    });
  }
  await each(async (stage, { samples }) => {
    samples.push(await sampleOf(stage, row, turns.get(stage) ?? []));
  });
}

/**
 * Each server has a Redis and a generator of its own; those whose turn it isn't have nothing to do. Who fails is left out
 * of what follows.
 *
 * @param {Peer[]} peers
 * @param {Extract<import('./types.js').Scenario, { kind: 'load' }>} scenario
 * @param {{ timing: Timing, pins: import('./types.js').Pins }} how
 * @returns {Promise<import('./types.js').Outcome[]>}
 */
export async function measureInTurn(peers, { rows, shape }, { timing, pins }) {
  /** @type {Contender[]} */
  const contenders = peers.map((peer) => ({ peer, samples: [] }));
  /** @type {Each} */
  const each = async (step) => {
    for (const contender of contenders) {
      if (contender.failure !== undefined) continue;
      try {
        contender.stage ??= await Stage.open(contender.peer, shape, pins);
        await step(contender.stage, contender);
      } catch (error) {
        contender.failure = messageOf(error);
        await contender.stage?.close();
      }
    }
  };
  try {
    await each((stage) => stage.ask('grow', { to: shape.rooms * shape.members }));
    await sleep(timing.settleMs);
    for (const row of rows) await measureRow(each, row, timing);
    return contenders;
  } finally {
    await Promise.all(contenders.flatMap(({ stage }) => (stage ? [stage.close()] : [])));
  }
}
