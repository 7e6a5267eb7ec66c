// A real nats-server with JetStream for one test file: on a free port, with a store of its own; it can be killed and restarted.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { OwnedProcess } from './owned-process.js';

const READY_TIMEOUT_MS = 15_000;
const MAX_STARTS = 3;

export interface NatsServerOptions {
  /** Default: a free one. */
  port?: number;
}

export class NatsServer {
  private process: OwnedProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly dir: string,
  ) {}

  /** Resolves when the server is ready. A port that another process took meanwhile is replaced by another one. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-nats-'));
    for (let starts = 1; ; starts++) {
      const server = new NatsServer(options.port ?? (await freePort()), dir);
      try {
        await server.launch();
        return server;
      } catch (error) {
        await server.kill();
        if (starts < MAX_STARTS && options.port === undefined && /address already in use/.test(String(error)))
          continue;
        await server.stop();
        throw error;
      }
    }
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Resolves when the process has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.process?.kill(signal);
  }

  /** Starts again on the same port and store, after killing it where it still runs. */
  async restart(): Promise<void> {
    await this.kill();
    await this.launch();
  }

  /** As `restart`, but all that was stored is gone. */
  async restartEmpty(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
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
    await rm(this.dir, { recursive: true, force: true });
  }

  private async launch(): Promise<void> {
    const args = ['--jetstream', '--store_dir', this.dir, '--addr', '127.0.0.1', '--port', String(this.port)];
    this.process = await OwnedProcess.spawn('nats-server', args);
    await this.process.line(/Server is ready/, READY_TIMEOUT_MS);
  }
}
