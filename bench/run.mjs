// Measures Roomcast beside its peers, and says how they compare.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { drawAll } from './lib/charts.mjs';
import { messageOf } from './lib/error.mjs';
import { figure } from './lib/format.mjs';
import { measureRound } from './lib/measure.mjs';
import { readOptions, USAGE } from './lib/options.mjs';
import { describePins, pinsFor } from './lib/pins.mjs';
import { redisVersion } from './lib/redis.mjs';
import { caveats, details, document, overview } from './lib/report.mjs';

/**
 * @typedef {import('./lib/types.js').Options} Options
 * @typedef {import('./lib/types.js').Results} Results
 * @typedef {import('./lib/types.js').Pins} Pins
 */

const GIB = 2 ** 30;

function say(/** @type {string} */ text) {
  process.stdout.write(`${text}\n`);
}

/** @param {Options} options @param {Pins} pins @returns {Results} */
function nothingYet({ rounds, seconds, scenarios, peers }, pins) {
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: totalmem() / GIB,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    redis: redisVersion(),
    pinned: describePins(pins),
  };
  const date = new Date().toISOString().slice(0, 10);
  return { date, rounds, seconds, machine, peers, scenarios, samples: [], failures: [] };
}

/** @param {Options} options @param {Pins} pins */
async function measureAll(options, pins) {
  const results = nothingYet(options, pins);
  const { quick, rounds, seconds, scenarios, peers } = options;
  const timing = {
    warmMs: quick ? 500 : 2000,
    paceMs: quick ? 500 : 12_000,
    measureMs: seconds * 1000,
    settleMs: quick ? 500 : 1000,
    idleMs: quick ? 500 : 5000,
  };
  for (const scenario of scenarios) {
    for (let round = 1; round <= rounds; round++) {
      for await (const outcome of measureRound(peers, scenario, { timing, pins })) {
        const { peer, samples, failure } = outcome;
        const where = `${scenario.id} round ${round}/${rounds} ${peer.id}`;
        results.samples.push(...samples.map((sample) => ({ ...sample, peer: peer.id, round })));
        say(`${where}: ${samples.map(({ row, value }) => `${row} ${figure(value)}`).join(', ')}`);
        if (failure === undefined) continue;
        results.failures.push({ scenario: scenario.id, peer: peer.id, round, reason: failure });
        say(`${where}: FAILED, ${failure}`);
      }
    }
  }
  return results;
}

function here(/** @type {string} */ path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** @param {Results} results */
function writeDocument(results) {
  mkdirSync(here('charts'), { recursive: true });
  const paths = new Map();
  for (const [id, svg] of drawAll(results)) {
    const path = `charts/${id.toLowerCase()}.svg`;
    writeFileSync(here(path), svg);
    paths.set(id, path);
  }
  writeFileSync(here('RESULTS.md'), document(results, paths));
  say('\nWritten: bench/RESULTS.md and bench/charts/');
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    say(USAGE);
    return;
  }
  const unbuilt = options.peers.find(({ main: path }) => !existsSync(path));
  if (unbuilt) throw new Error(`${unbuilt.id} is not built: npm run build`);
  const pins = pinsFor(options.pin);
  say(`${options.rounds} × ${options.seconds} s; ${describePins(pins)}`);
  const results = await measureAll(options, pins);
  const tables = results.scenarios.flatMap((scenario) => details(results, scenario));
  say(`\n${[...tables, overview(results), caveats(results).join('\n')].join('\n\n')}`);
  if (options.json) writeFileSync(options.json, JSON.stringify(results, undefined, 2));
  if (options.write) writeDocument(results);
  if (results.failures.length > 0) process.exitCode = 1;
}

main().catch((error) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
