// A redis-server of the bench's own: on a free port, nothing on the disk.

import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';
import { Child } from './child.mjs';
import { freePort } from './free-port.mjs';
import { usageOf } from './usage.mjs';

const START_TIMEOUT_MS = 10_000;
const RETRY_MS = 20;

/** @throws where there is none */
export function redisVersion() {
  const { stdout, error } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  if (error) throw new Error('redis-server is not installed, or not on the PATH');
  return /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

export class RedisServer {
  #child;
  #client;

  /** @param {number} port @param {string | undefined} core */
  constructor(port, core) {
    this.url = `redis://127.0.0.1:${port}`;
    const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#child = new Child(['redis-server', ...args], { core, cwd: tmpdir() });
    this.#client = new Redis(port, '127.0.0.1', {
      retryStrategy: () => RETRY_MS,
      maxRetriesPerRequest: null,
    });
    this.#client.on('error', () => {});
  }

  /** @param {string | undefined} core */
  static async start(core) {
    const server = new RedisServer(await freePort(), core);
    const timeout = setTimeout(() => server.#client.disconnect(), START_TIMEOUT_MS);
    try {
      await server.#client.ping();
    } catch (error) {
      await server.stop();
      throw new Error('redis-server does not answer', { cause: error });
    } finally {
      clearTimeout(timeout);
    }
    return server;
  }

  /** @returns {Promise<import('./types.js').Usage>} */
  async usage() {
    return usageOf(this.#child.pid) ?? (await this.#reported());
  }

  async stop() {
    this.#client.disconnect();
    await this.#child.end();
  }

  /** For systems without /proc. */
  async #reported() {
    const info = await this.#client.info();
    const number = (/** @type {string} */ name) => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]);
    const seconds = number('used_cpu_user') + number('used_cpu_sys');
    return { cpuMicros: seconds * 1e6, rssKb: number('used_memory_rss') / 1024 };
  }
}
