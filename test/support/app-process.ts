// One Roomcast instance as it is shipped: what `npm start` runs, in a process of its own.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from './deadline.js';
import { freePort, isFree } from './free-port.js';
import { OwnedProcess } from './owned-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: { start: string };
};
/** Node's own options, and the file. */
const ARGUMENTS = PACKAGE.scripts.start
  .split(' ')
  .slice(1)
  .map((word) => (word.startsWith('--') ? word : join(ROOT, word)));
const READY_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 2000;
const EXIT_TIMEOUT_MS = 30_000;
const MAX_STARTS = 3;

export class AppProcess {
  private constructor(
    readonly port: number,
    private readonly process: OwnedProcess,
  ) {}

  /**
   * Resolves when GET /health answers. The instance sees only `env`, NODE_ENV, HOST, PORT and PATH; PORT is a free
   * one where `env` names none, and another if it was taken meanwhile.
   */
  static async start(env: Record<string, string> = {}): Promise<AppProcess> {
    for (let starts = 1; ; starts++) {
      const port = env['PORT'] === undefined ? await freePort() : Number(env['PORT']);
      // Otherwise it would be whoever listens there that answers GET /health.
      if (!(await isFree(port))) throw new Error(`Port ${port} is taken`);
      const process = await OwnedProcess.spawn(globalThis.process.execPath, ARGUMENTS, {
        env: { NODE_ENV: 'test', HOST: '127.0.0.1', PORT: String(port), ...env },
        // Not the repository, where a developer's .env would be read.
        cwd: tmpdir(),
      });
      const app = new AppProcess(port, process);
      try {
        const healthy = eventually(() => app.health(), READY_TIMEOUT_MS, `GET ${app.http}/health answers`);
        await process.whileRunning(healthy, READY_TIMEOUT_MS, `GET ${app.http}/health answers`);
        return app;
      } catch (error) {
        await process.kill();
        if (starts < MAX_STARTS && env['PORT'] === undefined && /EADDRINUSE/.test(String(error))) continue;
        throw error;
      }
    }
  }

  /** Starts one that is expected to end by itself, and resolves with its exit code and what it wrote to stderr. */
  static async refusal(env: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
    return new Promise((resolve) => {
      const options = { env: { NODE_ENV: 'test', ...env }, cwd: tmpdir(), timeout: READY_TIMEOUT_MS };
      const child = execFile(process.execPath, ARGUMENTS, options, (_error, _stdout, stderr) =>
        resolve({ code: child.exitCode, stderr }),
      );
    });
  }

  get pid(): number {
    return this.process.pid;
  }

  /** Where WebSockets are opened. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The newest lines of its output, oldest first; bounded. */
  get logs(): readonly string[] {
    return this.process.logs;
  }

  /** What GET /health answers. */
  async health(): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.http}/health`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`GET /health answered ${response.status}`);
    const body: Record<string, unknown> = JSON.parse(await response.text());
    return body;
  }

  /** Memory that is resident at the moment, in bytes. */
  async residentBytes(): Promise<number> {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(this.pid)]);
    return Number(stdout) * 1024;
  }

  /** Resolves with the exit code when the process has ended: null if the signal itself ended it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    return (await this.process.kill(signal, EXIT_TIMEOUT_MS)).code;
  }

  /** Resolves with the first line of its output, past or future, that matches. */
  async line(pattern: RegExp): Promise<string> {
    return this.process.line(pattern, READY_TIMEOUT_MS);
  }

  signal(signal: NodeJS.Signals): void {
    this.process.signal(signal);
  }

  /** Freezes the process: connections stay open, and nothing is answered. */
  pause(): void {
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.process.signal('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.process.stop(EXIT_TIMEOUT_MS);
  }
}
