// The side of a child process: answers what the bench asks over IPC, and ends with it.

import { messageOf } from './error.mjs';

/** @param {Record<string, (args: any) => unknown>} commands */
export function answer(commands) {
  const handle = async (/** @type {{ id: number, name: string, args: unknown }} */ { id, name, args }) => {
    try {
      process.send?.({ id, result: await commands[name]?.(args) });
    } catch (error) {
      process.send?.({ id, error: messageOf(error) });
    }
  };
  process.on('message', (/** @type {any} */ message) => void handle(message));
  process.on('disconnect', () => process.exit());
}

/** What this process has used, for systems without /proc. @returns {import('./types.js').Usage} */
export function usage() {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rssKb: Math.round(process.memoryUsage.rss() / 1024) };
}
