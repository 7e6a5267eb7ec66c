// What one measurement needs: a fresh Redis, fresh servers, and the generator, each on its core.

import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { TEXT_BYTES } from '../scenarios.mjs';
import { Child } from './child.mjs';
import { messageOf } from './error.mjs';
import { freePort } from './free-port.mjs';
import { RedisServer } from './redis.mjs';
import { machineMicros } from './usage.mjs';

/** @typedef {import('./types.js').Peer} Peer */
/** @typedef {import('./types.js').Pins} Pins */

const PROBE = new URL('./probe.mjs', import.meta.url).href;
const GENERATOR = fileURLToPath(new URL('../load/generator.mjs', import.meta.url));

/** @param {Peer} peer @param {{ port: number, redisUrl: string, core: string | undefined }} place */
function startServer(peer, { port, redisUrl, core }) {
  return new Child([process.execPath, ...(peer.nodeOptions ?? []), '--import', PROBE, peer.main], {
    core,
    ipc: true,
    // Not the repository, where a developer's .env would be read.
    cwd: tmpdir(),
    env: { HOST: '127.0.0.1', PORT: String(port), REDIS_URL: redisUrl, LOG_LEVEL: 'warn', ...peer.env },
  });
}

export class Stage {
  /** @type {Child[]} */
  servers = [];
  /** Where each of them listens. @type {number[]} */
  ports = [];
  /** @type {RedisServer | undefined} */
  #redis;
  #generator;

  /** @param {string | undefined} core of the generator */
  constructor(core) {
    this.#generator = new Child([process.execPath, GENERATOR], { core, ipc: true });
  }

  /**
   * Resolves when the servers let clients join.
   * @param {Peer} peer
   * @param {import('./types.js').Shape} shape
   * @param {Pins} pins
   */
  static async open(peer, { instances, rooms, members, senders }, pins) {
    const stage = new Stage(pins.generator);
    try {
      const redis = await RedisServer.start(pins.redis);
      stage.#redis = redis;
      for (let index = 0; index < instances; index++) {
        const port = await freePort();
        const core = pins.servers[index % pins.servers.length];
        stage.servers.push(startServer(peer, { port, redisUrl: redis.url, core }));
        stage.ports.push(port);
      }
      const { dialect } = peer;
      const { ports } = stage;
      await stage.ask('open', { dialect, ports, rooms, members, senders, textBytes: TEXT_BYTES });
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** Has the generator do something. @param {string} name @param {unknown} [args] @returns {Promise<any>} */
  async ask(name, args) {
    try {
      return await this.#generator.ask(name, args);
    } catch (error) {
      const complaints = this.servers.map((server) => server.complaints).join(' ');
      throw new Error(`${messageOf(error)} ${complaints}`.trim(), {
        cause: error,
      });
    }
  }

  /** @returns {Promise<import('./types.js').Cpu>} */
  async cpu() {
    const servers = await Promise.all(this.servers.map((server) => server.usage()));
    const redis = await this.#redis?.usage();
    const generator = await this.#generator.usage();
    const own = process.cpuUsage();
    return {
      at: performance.now(),
      servers: servers.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0),
      redis: redis?.cpuMicros ?? 0,
      generator: generator.cpuMicros,
      bench: own.user + own.system,
      machine: machineMicros(),
    };
  }

  /** Of all instances together. */
  async rssKb() {
    const usages = await Promise.all(this.servers.map((server) => server.usage()));
    return usages.reduce((sum, { rssKb }) => sum + rssKb, 0);
  }

  async redisKb() {
    return (await this.#redis?.usage())?.rssKb ?? 0;
  }

  /** What JavaScript holds in all instances together, after a garbage collection. */
  async heapKb() {
    const heaps = await Promise.all(this.servers.map((server) => server.ask('collect')));
    return heaps.reduce((sum, heap) => sum + heap, 0);
  }

  async close() {
    await Promise.all([this.#generator, ...this.servers].map((child) => child.end()));
    await this.#redis?.stop();
  }
}
