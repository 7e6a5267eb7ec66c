// A real redis-server for one test file: on a free port, in a directory of its own; it can be killed and restarted.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './deadline.js';
import { freePort } from './free-port.js';
import { OwnedProcess } from './owned-process.js';

const READY_TIMEOUT_MS = 10_000;
const PING_TIMEOUT_MS = 1000;
const MAX_STARTS = 3;

export interface RedisServerOptions {
  /** Default: a free one. */
  port?: number;
  /** Keep an append-only file, so that the data survive `restart`. Default: false. */
  appendonly?: boolean;
  /** When that file is synced to the disk. Default: everysec. */
  appendfsync?: 'always' | 'everysec';
  /** Default: a temporary one, removed by `stop`. A directory given here is kept. */
  dir?: string;
  /** In redis.conf's notation, as '8mb'. Default: no limit. */
  maxmemory?: string;
}

async function ping(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', timeout: PING_TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error('PING timed out')));
  try {
    socket.write('PING\r\n');
    const [reply]: Buffer[] = await once(socket, 'data');
    if (reply?.toString() !== '+PONG\r\n') throw new Error(`PING was answered with ${reply?.toString()}`);
  } finally {
    socket.destroy();
  }
}

export class RedisServer {
  private process: OwnedProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly options: RedisServerOptions,
  ) {}

  /** Resolves when the server answers. A port that another process took meanwhile is replaced by another one. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'roomcast-redis-')));
    for (let starts = 1; ; starts++) {
      const server = new RedisServer(options.port ?? (await freePort()), dir, options);
      try {
        await server.launch();
        return server;
      } catch (error) {
        if (starts < MAX_STARTS && options.port === undefined && /Address already in use/.test(String(error)))
          continue;
        await server.stop();
        throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when the process has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.process?.kill(signal);
  }

  /** Starts again on the same port and directory, after killing it where it still runs. */
  async restart(): Promise<void> {
    await this.kill();
    await this.launch();
  }

  /** Freezes the process: connections stay open, and nothing is answered. */
  pause(): void {
    this.process?.signal('SIGSTOP');
  }

  resume(): void {
    this.process?.signal('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    if (this.options.dir === undefined) await rm(this.dir, { recursive: true, force: true });
  }

  private async launch(): Promise<void> {
    const { appendonly = false, appendfsync = 'everysec', maxmemory } = this.options;
    const settings: Record<string, string> = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.dir,
      save: '',
      appendonly: appendonly ? 'yes' : 'no',
      appendfsync,
      ...(maxmemory === undefined ? {} : { maxmemory }),
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.process = await OwnedProcess.spawn('redis-server', args);
    // The line proves that it is this process which listens; the PING, that it serves.
    await this.process.line(/Ready to accept connections/, READY_TIMEOUT_MS);
    await eventually(() => ping(this.port), READY_TIMEOUT_MS, `redis-server answers on port ${this.port}`);
  }
}
