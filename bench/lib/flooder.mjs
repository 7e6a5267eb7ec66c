// Somebody without manners, in a process of its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('../../test/security/flood-client.mjs', import.meta.url));
const TIMEOUT_MS = 10_000;

/** @typedef {{ frames: number, connections: number, closed: Record<string, number>, errors: Record<string, number> }} Report */

export class Flooder {
  #process;

  /** @param {import('node:child_process').ChildProcess} process */
  constructor(process) {
    this.#process = process;
  }

  /**
   * Resolves when it could begin at once.
   * @param {{ kind: string, returns: boolean, port: number, address: string }} manners
   */
  static async start(manners) {
    const url = `ws://127.0.0.1:${manners.port}/ws`;
    const child = fork(CLIENT, [JSON.stringify({ url, ...manners })], { env: {} });
    await once(child, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return new Flooder(child);
  }

  begin() {
    this.#process.send('flood');
  }

  /** Ends it, and tells what came of it. @returns {Promise<Report>} */
  async end() {
    this.#process.send('stop');
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    for (;;) {
      // It says 'cut' each time it was.
      const [said] = await once(this.#process, 'message', { signal });
      if (typeof said === 'object') return said;
    }
  }

  kill() {
    this.#process.kill('SIGKILL');
  }
}
