// Somebody without manners, in a process of its own.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { onCore, whenIdle } from './pins.mjs';

const CLIENT = fileURLToPath(new URL('../../test/security/flood-client.mjs', import.meta.url));
/** More than a server's close timeout. */
const TIMEOUT_MS = 20_000;

/** @typedef {{ frames: number, connections: number, closed: Record<string, number>, errors: Record<string, number> }} Report */

/** @template T @param {Promise<T>} promise @param {string} what @returns {Promise<T>} */
function within(promise, what) {
  const late = sleep(TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`the flooder: not within ${TIMEOUT_MS} ms: ${what}`);
  });
  return Promise.race([promise, late]);
}

export class Flooder {
  #process;

  /** @param {import('node:child_process').ChildProcess} process */
  constructor(process) {
    this.#process = process;
    this.ready = this.#hear((said) => said === 'ready');
    this.cut = this.#hear((said) => said === 'cut');
    this.report = this.#hear((said) => typeof said === 'object');
  }

  /**
   * Resolves when it could begin at once.
   * @param {{ kind: string, returns: boolean, port: number, address: string }} manners
   * @param {string | undefined} core
   */
  static async start(manners, core) {
    const url = `ws://127.0.0.1:${manners.port}/ws`;
    const command = [process.execPath, CLIENT, JSON.stringify({ url, ...manners })];
    const [file = '', ...args] = onCore(core, whenIdle(command));
    const env = { PATH: process.env.PATH };
    const flooder = new Flooder(spawn(file, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
    await within(flooder.ready, 'it is ready');
    return flooder;
  }

  begin() {
    this.#process.send('flood');
  }

  /** Ends it once it was cut, and tells what came of it. @returns {Promise<Report>} */
  async end() {
    await within(this.cut, 'it was cut');
    this.#process.send('stop');
    return within(this.report, 'it reports');
  }

  kill() {
    this.#process.kill('SIGKILL');
  }

  /** Resolves with the first such message. @param {(said: unknown) => boolean} matches @returns {Promise<any>} */
  #hear(matches) {
    return new Promise((resolve) => this.#process.on('message', (said) => matches(said) && resolve(said)));
  }
}
