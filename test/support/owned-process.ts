// A child process that cannot outlive the tests: started in its own process group, which is swept when it ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf, within } from './deadline.js';

const MAX_LOG_LINES = 500;
const EXIT_TIMEOUT_MS = 10_000;

/** How a process ended: its exit code, or the signal that ended it. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * The groups of all running children, one line whenever they change, are told to a small shell that outlives us:
 * when its input ends, however this process died, it kills those named last. An 'exit' listener would not do:
 * jest never calls one that a test adds, and SIGKILL calls none.
 */
const REAPER =
  'while read -r line; do groups=$line; done; for group in $groups; do kill -s KILL -- "-$group"; done';
const runningGroups = new Set<number>();
let reaper: ChildProcess | undefined;

function tellReaper(): void {
  if (!reaper) {
    reaper = spawn('/bin/sh', ['-c', REAPER], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    reaper.unref();
    if (reaper.stdin instanceof Socket) reaper.stdin.unref();
  }
  reaper.stdin?.write(`${[...runningGroups].join(' ')}\n`);
  if (runningGroups.size > 0) return;
  reaper.stdin?.end();
  reaper = undefined;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

export class OwnedProcess {
  /** The newest lines of stdout and stderr, oldest first; at most 500. */
  readonly logs: string[] = [];
  /** Resolves when the process has ended and all its output was read; never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly pid: number;
  private readonly lines = new EventEmitter<{ line: [string] }>();
  private exit: ProcessExit | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly name: string,
  ) {
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve((this.exit = { code, signal })));
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.keep(line));
      // One that a failed test forgot must not keep jest from ending; the reaper ends it then.
      if (stream instanceof Socket) stream.unref();
    }
    child.unref();
  }

  /**
   * Starts `command`, with no environment but `env` and a PATH to which the sbin directories are added.
   * Rejects when it can't be started at all.
   */
  static async spawn(
    command: string,
    args: readonly string[],
    options: { env?: Record<string, string>; cwd?: string } = {},
  ): Promise<OwnedProcess> {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`, ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const owned = new OwnedProcess(child, command);
    await once(child, 'spawn');
    runningGroups.add(owned.pid);
    tellReaper();
    child.once('exit', () => {
      killGroup(owned.pid);
      runningGroups.delete(owned.pid);
      tellReaper();
    });
    return owned;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Calls `listener` with each further line of output. */
  onLine(listener: (line: string) => void): void {
    this.lines.on('line', listener);
  }

  /** Resolves with `ready`; rejects, with the last lines of output, if the process ends first or time runs out. */
  async whileRunning<T>(ready: Promise<T>, timeoutMs: number, what: string): Promise<T> {
    const ended = this.exited.then(({ code, signal }) => {
      throw new Error(`${this.name} ended (${signal ?? code}) before: ${what}`);
    });
    try {
      return await within(Promise.race([ready, ended]), timeoutMs, what);
    } catch (error) {
      const tail = this.logs.slice(-20).join('\n');
      throw new Error(`${messageOf(error)}\n${tail}`, { cause: error });
    }
  }

  /** Resolves with the first line, past or future, that matches `pattern`; limits as for `whileRunning`. */
  async line(pattern: RegExp, timeoutMs: number): Promise<string> {
    const past = this.logs.find((line) => pattern.test(line));
    return past ?? this.nextLine((line) => pattern.test(line), timeoutMs, `${this.name} prints ${pattern}`);
  }

  /** Resolves with the first future line for which `matches` is true; limits as for `whileRunning`. */
  async nextLine(matches: (line: string) => boolean, timeoutMs: number, what: string): Promise<string> {
    const found = new Promise<string>((resolve) => {
      const listener = (line: string): void => {
        if (!matches(line)) return;
        this.lines.off('line', listener);
        resolve(line);
      };
      this.lines.on('line', listener);
    });
    return this.whileRunning(found, timeoutMs, what);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends `signal` and resolves when the process has ended; rejects if it has not within `timeoutMs`. */
  async kill(signal: NodeJS.Signals = 'SIGKILL', timeoutMs = EXIT_TIMEOUT_MS): Promise<ProcessExit> {
    if (this.exit) return this.exit;
    this.signal(signal);
    return within(this.exited, timeoutMs, `${this.name} ends on ${signal}`);
  }

  /** Ends the process: by SIGTERM, and if it has not ended `graceMs` later, by SIGKILL. */
  async stop(graceMs = EXIT_TIMEOUT_MS): Promise<void> {
    // A paused one would not hear of it.
    this.signal('SIGCONT');
    try {
      await this.kill('SIGTERM', graceMs);
    } catch {
      await this.kill('SIGKILL');
    }
  }

  private keep(line: string): void {
    this.logs.push(line);
    if (this.logs.length > MAX_LOG_LINES) this.logs.shift();
    this.lines.emit('line', line);
  }
}
