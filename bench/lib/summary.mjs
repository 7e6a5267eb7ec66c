// Rounds into medians, and medians into ratios.

import { BASE } from './peers.mjs';

/**
 * @typedef {import('./types.js').Sample} Sample
 * @typedef {import('./types.js').Summary} Summary
 */

/** @param {(number | undefined)[]} numbers @returns {number | undefined} of those that are there */
export function median(numbers) {
  const sorted = numbers.filter((number) => number !== undefined).toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** @param {Sample[]} samples of one peer in one row @param {Sample[]} base of the base in that row */
function summarise(samples, base) {
  const pick = (/** @type {(sample: Sample) => number | undefined} */ read) => median(samples.map(read));
  const values = samples.map(({ value }) => value);
  const columns = Object.keys(samples[0]?.more ?? {});
  // Round by round, since the machine's mood changes between rounds more than within one.
  const ratios = samples.map(({ round, value }) => {
    const other = base.find((sample) => sample.round === round);
    return other && value / other.value;
  });
  return {
    value: median(values) ?? 0,
    low: Math.min(...values),
    high: Math.max(...values),
    ratio: median(ratios),
    more: Object.fromEntries(columns.map((column) => [column, pick(({ more }) => more[column])])),
    generatorCores: pick(({ generatorCores }) => generatorCores) ?? 0,
    foreignCores: pick(({ foreignCores }) => foreignCores) ?? 0,
  };
}

/**
 * @param {Sample[]} all
 * @returns {(row: string, peer: string) => Summary | undefined} nothing where nothing was measured
 */
export function summaries(all) {
  const of = (/** @type {string} */ row, /** @type {string} */ peer) =>
    all.filter((sample) => sample.row === row && sample.peer === peer);
  return (row, peer) => {
    const samples = of(row, peer);
    return samples.length === 0 ? undefined : summarise(samples, of(row, BASE));
  };
}
