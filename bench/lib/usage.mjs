// CPU time and memory of a process, and of the machine, from /proc where there is one.

import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Of /proc/stat and /proc/<pid>/stat. */
const MICROS_PER_TICK = 10_000;
/** Of /proc/<pid>/stat, counted after the name. */
const [UTIME, STIME] = [11, 12];
const IDLE_COLUMNS = new Set([3, 4]);
/** Columns after these are counted in earlier ones too. */
const COLUMNS = 8;

function read(/** @type {string} */ path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Exact to the nanosecond, where the kernel keeps it; threads that have ended are not in it. */
function scheduledMicros(/** @type {number} */ pid) {
  let nanos = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
    }
  } catch {
    return undefined;
  }
  return nanos > 0 ? nanos / 1000 : undefined;
}

function tickedMicros(/** @type {string} */ stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) * MICROS_PER_TICK;
}

/** @returns {import('./types.js').Usage | undefined} */
export function usageOf(/** @type {number} */ pid) {
  const stat = read(`/proc/${pid}/stat`);
  const status = read(`/proc/${pid}/status`);
  const rss = status && /^VmRSS:\s*(\d+) kB/m.exec(status);
  if (!stat || !rss) return undefined;
  return { cpuMicros: scheduledMicros(pid) ?? tickedMicros(stat), rssKb: Number(rss[1]) };
}

/** What all cores have worked since the machine began. */
export function machineMicros() {
  const line = read('/proc/stat')?.split('\n', 1)[0];
  if (line) {
    const columns = line
      .trim()
      .split(/\s+/)
      .slice(1, COLUMNS + 1)
      .map(Number);
    const busy = columns.filter((_ticks, index) => !IDLE_COLUMNS.has(index));
    return busy.reduce((sum, ticks) => sum + ticks, 0) * MICROS_PER_TICK;
  }
  const millis = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return millis.reduce((sum, time) => sum + time, 0) * 1000;
}
