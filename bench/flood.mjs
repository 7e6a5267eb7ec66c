// What one connection at full speed costs the others: their p99 while it floods, against their p99 just before.

import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Flooder } from './lib/flooder.mjs';
import { messageOf } from './lib/error.mjs';
import { figure, table } from './lib/format.mjs';
import { positive } from './lib/options.mjs';
import { ROOMCAST } from './lib/peers.mjs';
import { describePins, pinsFor } from './lib/pins.mjs';
import { Stage } from './lib/stage.mjs';

/** Eight people who chat, far within their limits. */
const SHAPE = { instances: 1, rooms: 4, members: 2, senders: 2 };
const MESSAGES_PER_SECOND = 160;
/** Long enough that the optimising compiler is through with it. */
const WARM_MS = 8_000;
/** The first floods run through code that the compiler has yet to optimise, and are told by themselves. */
const COLD_ROUNDS = 4;
/** After a flood, before the next calm. */
const REST_MS = 500;
const KINDS = ['commands', 'messages', 'joins', 'typing', 'malformed', 'pings', 'pongs', 'stubborn'];
/** Who is cut within a window. */
const RETURNING = ['malformed', 'pings', 'pongs'];
const FLOODS = [
  ...KINDS.map((kind) => ({ kind, returns: false })),
  ...RETURNING.map((kind) => ({ kind, returns: true })),
];

/** @typedef {{ kind: string, returns: boolean }} Manners */

/**
 * One calm window and one with a flood, from an address that hasn't flooded before.
 * @param {Stage} stage @param {Manners} manners @param {{ round: number, windowMs: number, pins: import('./lib/types.js').Pins }} how
 */
async function measureOnce(stage, manners, { round, windowMs, pins }) {
  const whom = { ...manners, port: stage.ports[0] ?? 0, address: `127.0.1.${round}` };
  const flooder = await Flooder.start(whom, pins.generator);
  try {
    await stage.ask('record', { as: 'calm' });
    await sleep(windowMs);
    await stage.ask('record', { as: 'flood' });
    flooder.begin();
    await sleep(windowMs);
    await stage.ask('record', { as: 'rest' });
    return await flooder.end();
  } finally {
    flooder.kill();
    await sleep(REST_MS);
  }
}

/** What the others had meanwhile, µs. @param {Stage} stage */
async function compare(stage) {
  const calm = await stage.ask('recorded', { as: 'calm' });
  const flood = await stage.ask('recorded', { as: 'flood' });
  const times = (/** @type {'p50' | 'p99'} */ share) => (flood[share] / calm[share]).toFixed(2);
  return { calm, flood, times };
}

/** @param {Manners} manners @param {{ rounds: number, windowMs: number, pins: import('./lib/types.js').Pins }} how */
async function measure(manners, { rounds, windowMs, pins }) {
  const stage = await Stage.open(ROOMCAST, SHAPE, pins);
  try {
    await stage.ask('grow', { to: SHAPE.rooms * SHAPE.members });
    await stage.ask('load', { rate: MESSAGES_PER_SECOND });
    await sleep(WARM_MS);
    let first;
    let report;
    for (let round = 1; round <= COLD_ROUNDS + rounds; round++) {
      report = await measureOnce(stage, manners, { round, windowMs, pins });
      if (round === 1) first = await compare(stage);
      if (round <= COLD_ROUNDS) await stage.ask('forget');
    }
    const { missing } = await stage.ask('stop');
    const { calm, flood, times } = await compare(stage);
    return [
      `${manners.kind}${manners.returns ? ', returning' : ''}`,
      figure(calm.p99 / 1000),
      figure(flood.p99 / 1000),
      times('p99'),
      times('p50'),
      first?.times('p99') ?? '',
      String(Math.min(calm.count, flood.count)),
      figure(report?.frames ?? 0),
      Object.keys(report?.closed ?? {}).join(' '),
      figure(missing),
    ];
  } finally {
    await stage.close();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      kinds: { type: 'string' },
    },
  });
  const rounds = positive('rounds', values.rounds, 12);
  const windowMs = positive('seconds', values.seconds, 1) * 1000;
  const pins = pinsFor(true);
  const wanted = FLOODS.filter(({ kind }) => values.kinds?.split(',').includes(kind) ?? true);
  process.stdout.write(`${rounds} × ${windowMs} ms each, in turn; ${describePins(pins)}\n\n`);
  const head = [
    'flood',
    'p99 calm, ms',
    'flooded',
    '×',
    'p50 ×',
    'first flood, p99 ×',
    'samples',
    'frames in the last',
    'ended by',
    'missing',
  ];
  const rows = [];
  for (const manners of wanted) {
    rows.push(await measure(manners, { rounds, windowMs, pins }));
    process.stdout.write(`${rows.at(-1)?.join('  ')}\n`);
  }
  process.stdout.write(`\n${table([head, ...rows])}\n`);
}

main().catch((error) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
