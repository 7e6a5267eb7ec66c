// What was measured, as Markdown: for the terminal and for RESULTS.md.

import { figure, percent, ratio, table, withRatio } from './format.mjs';
import { BASE, RAISED_LIMITS } from './peers.mjs';
import { summaries } from './summary.mjs';
import { TURN_MS } from './turns.mjs';

/**
 * @typedef {import('./types.js').Results} Results
 * @typedef {import('./types.js').Scenario} Scenario
 * @typedef {import('./types.js').Summary} Summary
 */

/** More than this, and something else ran on the machine. */
const QUIET_CORES = 0.1;

/** @type {Record<Scenario['kind'], Record<string, (summary: Summary) => string>>} */
const COLUMNS = {
  load: {
    'deliveries/s': ({ more }) => figure(more.deliveriesPerSecond),
    'p50 ms': ({ more }) => figure(more.p50Ms),
    'p99 ms': ({ more }) => figure(more.p99Ms),
    'server cores': ({ more }) => figure(more.serverCores),
    'Redis µs/message': ({ more }) => figure(more.redisMicros),
    'RSS MB': ({ more }) => figure(more.rssMb),
    'Redis MB': ({ more }) => figure(more.redisMb),
    missing: ({ more }) => figure(more.missing),
  },
  memory: {
    'over the empty server': ({ more }) => figure(more.overEmptyKb),
    'of it in JavaScript': ({ more }) => figure(more.heapKb),
    'RSS MB': ({ more }) => figure(more.rssMb),
  },
  storm: {
    'p50 back, ms': ({ more }) => figure(more.backP50Ms),
    'p99 back, ms': ({ more }) => figure(more.backP99Ms),
    'all have what they missed, ms': ({ more }) => figure(more.wholeMs),
    'missed messages recovered': ({ more }) => percent(more.heardShare),
    'µs CPU/client': ({ more }) => figure(more.microsPerClient),
    'second tries': ({ more }) => figure(more.retries),
  },
};

/** Every row and every peer in one table. @param {Results} results */
export function overview({ scenarios, peers, samples }) {
  const find = summaries(samples);
  const head = ['', 'unit', ...peers.map(({ id }) => id)];
  const rows = scenarios.flatMap((scenario) =>
    scenario.rows.map((row) => {
      const cells = peers.map(({ id }) => {
        const summary = find(row.id, id);
        return summary ? withRatio(summary) : '–';
      });
      const name = row.id.startsWith(`${scenario.id}-`) ? `${scenario.id}, ${row.title}` : scenario.id;
      return [name, row.unit, ...cells];
    }),
  );
  return table([head, ...rows]);
}

/** @param {Results} results @param {Scenario} scenario */
export function details({ peers, samples }, scenario) {
  const find = summaries(samples);
  const columns = Object.entries(COLUMNS[scenario.kind]);
  return scenario.rows.flatMap(({ id, title, unit }) => {
    const head = [
      title,
      unit,
      'min–max',
      `× ${BASE}`,
      ...columns.map(([name]) => name),
      'generator',
      'others',
    ];
    const rows = peers.flatMap((peer) => {
      const summary = find(id, peer.id);
      if (!summary) return [];
      const { value, low, high, generatorCores, foreignCores } = summary;
      const own = [figure(value), `${figure(low)}–${figure(high)}`, ratio(summary.ratio)];
      const busy = [figure(generatorCores), figure(foreignCores)];
      return [[peer.id, ...own, ...columns.map(([, write]) => write(summary)), ...busy]];
    });
    return rows.length === 0 ? [] : [table([head, ...rows])];
  });
}

/** @param {Results} results */
function circumstances({ date, rounds, seconds, machine, peers }) {
  const limits = Object.entries(RAISED_LIMITS).map(([name, value]) => `\`${name}=${value}\``);
  return [
    `Measured on ${date}: ${seconds} s each, under load in turns of ${TURN_MS / 1000} s, ${rounds === 1 ? 'once' : `in ${rounds} rounds`}. Figures are the rounds' medians; a ratio is the median of the rounds' ratios.`,
    [
      `- Machine: ${machine.cpu}, ${machine.cores} cores, ${figure(machine.memoryGib)} GiB; ${machine.system}`,
      `- Node ${machine.node}; Redis ${machine.redis}, nothing on the disk`,
      `- Placement: ${machine.pinned}`,
      ...peers.map(({ id, title }) => `- ${id}: ${title}`),
    ].join('\n'),
    `Roomcast runs as it is shipped, with history and idempotency, over Redis; raised: ${limits.join(', ')}.`,
  ];
}

/** What the reader has to know before believing the figures. @param {Results} results */
export function caveats({ samples, failures }) {
  const loud = samples.filter(({ foreignCores }) => foreignCores > QUIET_CORES);
  const notes = failures.map(
    ({ scenario, peer, round, reason }) => `- ${scenario}, ${peer}, round ${round} failed: ${reason}`,
  );
  if (loud.length > 0) {
    const most = Math.max(...loud.map(({ foreignCores }) => foreignCores));
    notes.push(
      `- In ${loud.length} of ${samples.length} measurements something else kept more than ${QUIET_CORES} cores busy (at most ${most.toFixed(2)}).`,
    );
  }
  return notes;
}

/** @param {Results} results @param {Map<string, string>} charts scenario → its chart's path */
export function document(results, charts) {
  const image = (/** @type {string} */ id, /** @type {string} */ title) =>
    charts.has(id) ? [`![${title}](${charts.get(id)})`] : [];
  const notes = caveats(results);
  return `${[
    '# Results',
    'Written by `npm run bench`; [README.md](README.md) says what each figure is.',
    ...circumstances(results),
    '## At a glance',
    `The server's CPU time, memory or delay, by the unit; in brackets against ${BASE}. Less is better.`,
    overview(results),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
    ...results.scenarios.flatMap((scenario) => [
      `## ${scenario.id}`,
      `${scenario.title}.`,
      ...image(scenario.id, scenario.title),
      ...details(results, scenario),
    ]),
    ...(charts.has('latency') ? ['## Latency at fixed rates', ...image('latency', 'Latency')] : []),
  ].join('\n\n')}\n`;
}
