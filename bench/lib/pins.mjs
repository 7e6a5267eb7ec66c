// Which core each process gets: the servers never share theirs with those who load them.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The cores this process may use, from a list as `0-3,8`. */
function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
  });
}

/** @returns {import('./types.js').Pins} */
export function pinsFor(/** @type {boolean} */ wanted) {
  const none = { servers: [] };
  if (!wanted || process.platform !== 'linux' || spawnSync('taskset', ['--version']).error) return none;
  const [first, second, third, fourth] = allowedCores();
  if (first === undefined || second === undefined) return none;
  if (third === undefined) return { servers: [first], redis: second, generator: second };
  if (fourth === undefined) return { servers: [first], redis: second, generator: third };
  return { servers: [first, second], redis: third, generator: fourth };
}

/** The command on that core, where one is given. @param {string | undefined} core @param {string[]} command */
export function onCore(core, command) {
  return core === undefined ? command : ['taskset', '-c', core, ...command];
}

/**
 * The command, to run only while nobody else wants its core: who shares it with the generator and Redis for want of
 * cores, but stands for somebody elsewhere. @param {string[]} command
 */
export function whenIdle(command) {
  if (process.platform !== 'linux' || spawnSync('chrt', ['--version']).error) return command;
  return ['chrt', '--idle', '0', ...command];
}

export function describePins(/** @type {import('./types.js').Pins} */ { servers, redis, generator }) {
  if (servers.length === 0) return 'nothing is pinned';
  return `servers on core ${servers.join(' and ')}, Redis on ${redis}, the generator on ${generator}`;
}
