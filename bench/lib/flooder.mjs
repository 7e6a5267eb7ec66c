// Somebody without manners, in a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('../../test/security/flood-client.mjs', import.meta.url));
/** More than a server's close timeout. */
const TIMEOUT_MS = 20_000;

/** @typedef {{ frames: number, connections: number, closed: Record<string, number>, errors: Record<string, number> }} Report */

export class Flooder {
  #process;
  /** Resolves when it was cut for the first time. */
  #cut;

  /** @param {import('node:child_process').ChildProcess} process */
  constructor(process) {
    this.#process = process;
    this.#cut = new Promise((resolve) => {
      process.on('message', (said) => said === 'cut' && resolve(undefined));
    });
  }

  /**
   * Resolves when it could begin at once.
   * @param {{ kind: string, returns: boolean, port: number, address: string }} manners
   * @param {string | undefined} core
   */
  static async start(manners, core) {
    const url = `ws://127.0.0.1:${manners.port}/ws`;
    const command = [process.execPath, CLIENT, JSON.stringify({ url, ...manners })];
    const [file = '', ...args] = core === undefined ? command : ['taskset', '-c', core, ...command];
    const env = { PATH: process.env.PATH };
    const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return new Flooder(child);
  }

  begin() {
    this.#process.send('flood');
  }

  /** Ends it once it was cut, and tells what came of it. @returns {Promise<Report>} */
  async end() {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const late = once(signal, 'abort').then(() => {
      throw new Error('the flooder was never cut');
    });
    await Promise.race([this.#cut, late]);
    this.#process.send('stop');
    for (;;) {
      const [said] = await once(this.#process, 'message', { signal });
      if (typeof said === 'object') return said;
    }
  }

  kill() {
    this.#process.kill('SIGKILL');
  }
}
