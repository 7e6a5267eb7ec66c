// Which charts are drawn of the results.

import { chart } from './chart.mjs';
import { figure, withRatio } from './format.mjs';
import { summaries } from './summary.mjs';

/** @typedef {import('./types.js').Results} Results */
/** @typedef {import('./types.js').Row} Row */
/** @typedef {import('./types.js').Panel} Panel */

const OWN = 'roomcast';

/** @param {Results} results @param {Row} row @returns {Panel} */
function figuresOf({ peers, samples }, { id, title, unit }) {
  const find = summaries(samples);
  const bars = peers.flatMap((peer) => {
    const summary = find(id, peer.id);
    if (!summary) return [];
    const { value, low, high } = summary;
    const text = withRatio(summary);
    return [{ label: peer.id, value, low, high, text, own: peer.id.startsWith(OWN) }];
  });
  return { title: `${title}, ${unit}`, bars };
}

/** p99 with p50 upon it. @param {Results} results @param {string} scenario @param {Row} row @returns {Panel} */
function latencyOf({ peers, samples }, scenario, { id, title }) {
  const find = summaries(samples);
  const bars = peers.flatMap((peer) => {
    const { p50Ms, p99Ms } = find(id, peer.id)?.more ?? {};
    if (p50Ms === undefined || p99Ms === undefined) return [];
    const text = `${figure(p50Ms)} / ${figure(p99Ms)}`;
    return [{ label: peer.id, value: p99Ms, inner: p50Ms, text, own: peer.id.startsWith(OWN) }];
  });
  return { title: `${scenario}, ${title}: p50 / p99, ms`, bars };
}

/** @param {Results} results @returns {Map<string, string>} name → SVG */
export function drawAll(results) {
  /** @type {Map<string, string>} */
  const charts = new Map();
  const add = (/** @type {string} */ id, /** @type {string} */ label, /** @type {Panel[]} */ panels) => {
    const drawn = panels.filter(({ bars }) => bars.length > 0);
    if (drawn.length > 0) charts.set(id, chart(label, drawn));
  };
  for (const scenario of results.scenarios) {
    const panels = scenario.rows.map((row) => figuresOf(results, row));
    add(scenario.id, `${scenario.id}: ${scenario.title}`, panels);
  }
  const latencies = results.scenarios.flatMap((scenario) =>
    scenario.kind === 'load'
      ? scenario.rows.filter(({ rate }) => rate).map((row) => latencyOf(results, scenario.id, row))
      : [],
  );
  add('latency', 'Latency at fixed rates', latencies);
  return charts;
}
