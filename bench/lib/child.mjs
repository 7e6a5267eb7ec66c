// Processes that the bench starts, asks and, whatever happens, ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onCore } from './pins.mjs';
import { usageOf } from './usage.mjs';

const STDERR_KEPT = 2000;
/** @type {Set<Child>} */
const running = new Set();

process.once('exit', () => running.forEach((child) => child.kill()));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => process.exit(130));
}

export class Child {
  #process;
  #stderr = '';
  #asked = 0;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  /** @type {Promise<unknown>} */
  #ended;

  /**
   * @param {string[]} command
   * @param {{ core?: string, ipc?: boolean, env?: Record<string, string>, cwd?: string }} options
   */
  constructor(command, { core, ipc = false, env, cwd }) {
    const [file = '', ...args] = onCore(core, command);
    this.#process = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'pipe', ...(ipc ? [/** @type {const} */ ('ipc')] : [])],
      cwd,
      env: { PATH: process.env.PATH, ...env },
    });
    this.#ended = once(this.#process, 'exit').catch(() => {});
    running.add(this);
    this.#process.stderr?.on('data', (text) => (this.#stderr = `${this.#stderr}${text}`.slice(-STDERR_KEPT)));
    this.#process.on('error', ({ message }) => this.#gone(message));
    this.#process.on('exit', (code, signal) => this.#gone(`${command[0]} ended with ${signal ?? code}`));
    this.#process.on('message', (/** @type {any} */ { id, result, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
  }

  get pid() {
    return this.#process.pid ?? 0;
  }

  get alive() {
    return running.has(this);
  }

  /** What it wrote last to stderr. */
  get complaints() {
    return this.#stderr.trim();
  }

  /** @param {string} name @param {unknown} [args] @returns {Promise<any>} */
  ask(name, args = {}) {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      if (!this.alive) throw new Error(`gone before it could be asked: ${this.complaints}`);
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, name, args });
    });
  }

  /** @returns {Promise<import('./types.js').Usage>} */
  async usage() {
    return usageOf(this.pid) ?? (await this.ask('usage'));
  }

  kill() {
    this.#process.kill('SIGKILL');
  }

  async end() {
    if (!this.alive) return;
    this.kill();
    await this.#ended;
  }

  #gone(/** @type {string} */ reason) {
    running.delete(this);
    for (const { reject } of this.#waiting.values()) reject(new Error(`${reason} ${this.complaints}`));
    this.#waiting.clear();
  }
}
