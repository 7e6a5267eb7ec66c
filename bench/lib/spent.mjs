// What was used between two looks, or in several stretches.

/** @typedef {import('./types.js').Cpu} Cpu */

/** @template {Cpu} T @param {T} after @param {T} before @returns {T} */
export function difference(after, before) {
  return combined([after, before], (later = 0, earlier = 0) => later - earlier);
}

/** @template {Cpu} T @param {T[]} all @returns {T} */
export function sum(all) {
  return combined(all, (...values) => values.reduce((total, value) => total + value, 0));
}

/** Figure by figure. @template {Cpu} T @param {T[]} all @param {(...values: number[]) => number} how @returns {T} */
function combined(all, how) {
  const names = /** @type {(keyof T)[]} */ (Object.keys(all[0] ?? {}));
  const entries = names.map((name) => [name, how(...all.map((each) => Number(each[name])))]);
  return Object.fromEntries(entries);
}

/** Which cores it kept busy. @param {Cpu} spent */
export function busyIn({ at, servers, redis, generator, bench, machine }) {
  const micros = at * 1000;
  const foreign = machine - servers - redis - generator - bench;
  return { generatorCores: generator / micros, foreignCores: Math.max(0, foreign) / micros };
}
