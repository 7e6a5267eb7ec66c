// A real nginx for one test file, run with the repository's own docker/nginx.conf in a directory of its own.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import { OwnedProcess } from './owned-process.js';

const SHIPPED_CONFIG = fileURLToPath(new URL('../../docker/nginx.conf', import.meta.url));
const READY_TIMEOUT_MS = 10_000;
const MAX_STARTS = 3;
const TEMP_PATHS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export interface NginxOptions {
  /** The ports on loopback which stand in for the instances. */
  upstreams: readonly number[];
  /** A file to run instead of docker/nginx.conf. It needs the same three lines. */
  config?: string;
}

/** Replaces the one line that matches: a file in which it is not found, or found twice, is not the one we know. */
function replaceLine(config: string, line: RegExp, replacement: string): string {
  const found = config.match(new RegExp(line, 'gm'))?.length ?? 0;
  if (found !== 1) throw new Error(`nginx.conf should hold ${line} once, not ${found} times`);
  return config.replace(new RegExp(line, 'm'), () => replacement);
}

/** The shipped configuration, with this machine's ports, and with files only below `dir`. */
function adapt(config: string, port: number, upstreams: readonly number[], dir: string): string {
  const servers = upstreams.map((upstream) => `server 127.0.0.1:${upstream};`).join('\n');
  const tempPaths = TEMP_PATHS.map((name) => `${name}_temp_path ${join(dir, name)};`).join('\n');
  const withPort = replaceLine(config, /^ *listen 8080;$/, `listen 127.0.0.1:${port};`);
  const withServers = replaceLine(withPort, /^ *server roomcast:8080;$/, servers);
  return replaceLine(withServers, /^http \{$/, `http {\n${tempPaths}`);
}

export class Nginx {
  private readonly workers = new Set<string>();

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly config: string,
    private readonly process: OwnedProcess,
  ) {
    process.onLine((line) => this.follow(line));
    for (const line of process.logs) this.follow(line);
  }

  /** Resolves when it listens. A port that another process took meanwhile is replaced by another one. */
  static async start({ upstreams, config: file = SHIPPED_CONFIG }: NginxOptions): Promise<Nginx> {
    const config = await readFile(file, 'utf8');
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-nginx-'));
    // As root, its workers run as another user, who has to reach the files in there.
    await chmod(dir, 0o755);
    for (let starts = 1; ; starts++) {
      const port = await freePort();
      let child: OwnedProcess | undefined;
      try {
        await writeFile(join(dir, 'nginx.conf'), adapt(config, port, upstreams, dir));
        child = await OwnedProcess.spawn('nginx', nginxArguments(dir));
        await child.line(/start worker process \d+/, READY_TIMEOUT_MS);
        return new Nginx(port, dir, config, child);
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
    if (upstreams)
      await writeFile(join(this.dir, 'nginx.conf'), adapt(this.config, this.port, upstreams, this.dir));
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

function nginxArguments(dir: string): string[] {
  // The notices tell when workers start and quit.
  const directives = `daemon off; pid ${join(dir, 'nginx.pid')}; error_log stderr notice;`;
  return ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr', '-g', directives];
}
