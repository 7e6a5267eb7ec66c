// A real nginx for one test file: the repository's own docker/nginx in a directory of its own, with other addresses.
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import { OwnedProcess } from './owned-process.js';

const SHIPPED = fileURLToPath(new URL('../../docker/nginx', import.meta.url));
const READY_TIMEOUT_MS = 10_000;
const MAX_STARTS = 3;

/** The ways of balancing, each a file of docker/nginx. */
export const BALANCING = ['least-conn', 'ip-hash', 'round-robin'] as const;
export type Balancing = (typeof BALANCING)[number];

export interface NginxOptions {
  /** The ports on loopback which stand in for the instances. */
  upstreams: readonly number[];
  /** Default: least-conn. */
  balancing?: Balancing;
}

async function writeInstances(dir: string, ports: readonly number[]): Promise<void> {
  await writeFile(
    join(dir, 'instances.conf'),
    ports.map((port) => `server 127.0.0.1:${port} max_fails=0;\n`).join(''),
  );
}

export class Nginx {
  private readonly workers = new Set<string>();

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly process: OwnedProcess,
  ) {
    process.onLine((line) => this.follow(line));
    for (const line of process.logs) this.follow(line);
  }

  /** Resolves when it listens. A port that another process took meanwhile is replaced by another one. */
  static async start({ upstreams, balancing = 'least-conn' }: NginxOptions): Promise<Nginx> {
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-nginx-'));
    // As root, its workers run as another user, who has to reach the files in there.
    await chmod(dir, 0o755);
    await cp(SHIPPED, dir, { recursive: true });
    await writeInstances(dir, upstreams);
    for (let starts = 1; ; starts++) {
      const port = await freePort();
      let child: OwnedProcess | undefined;
      try {
        await writeFile(join(dir, 'listen.conf'), `listen 127.0.0.1:${port};\n`);
        child = await OwnedProcess.spawn('nginx', nginxArguments(dir, balancing));
        await child.line(/start worker process \d+/, READY_TIMEOUT_MS);
        return new Nginx(port, dir, child);
      } catch (error) {
        await child?.kill();
        if (starts < MAX_STARTS && /Address already in use/.test(String(error))) continue;
        await rm(dir, { recursive: true, force: true });
        throw error;
      }
    }
  }

  /** Reloads, with other upstreams where given; resolves when only new workers accept connections. */
  async reload(upstreams?: readonly number[]): Promise<void> {
    if (upstreams) await writeInstances(this.dir, upstreams);
    let outgoing: Set<string> | undefined;
    const replaced = this.process.nextLine(
      (line) => {
        if (line.endsWith('reconfiguring')) outgoing ??= new Set(this.workers);
        outgoing?.delete(quittingWorker(line) ?? '');
        return outgoing?.size === 0 || line.includes('[emerg]');
      },
      READY_TIMEOUT_MS,
      'nginx replaces its workers',
    );
    this.process.signal('SIGHUP');
    const last = await replaced;
    if (last.includes('[emerg]')) throw new Error(`nginx keeps its old configuration: ${last}`);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Keeps the process ids of the workers that accept connections, as the log tells them. */
  private follow(line: string): void {
    const started = /start worker process (\d+)/.exec(line)?.[1];
    if (started !== undefined) this.workers.add(started);
    const quitting = quittingWorker(line);
    if (quitting !== undefined) this.workers.delete(quitting);
  }
}

function quittingWorker(line: string): string | undefined {
  return / (\d+)#\d+: gracefully shutting down$/.exec(line)?.[1];
}

function nginxArguments(dir: string, balancing: string): string[] {
  // The notices tell when workers start and quit.
  const directives = 'daemon off; error_log stderr notice;';
  return ['-p', dir, '-c', join(dir, `${balancing}.conf`), '-e', 'stderr', '-g', directives];
}
