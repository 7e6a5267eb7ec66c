// The demo's processes: started when they are ready, their lines printed with a coloured name, stopped newest first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A cold start, on a machine that has much else to do. */
const READY_TIMEOUT_MS = 180_000;
/** More than an instance's clients need to go elsewhere. */
const STOP_TIMEOUT_MS = 10_000;
const COLOURS = [36, 32, 33, 35, 34];
const NAME_WIDTH = 11;

const colourful = process.stdout.isTTY && process.stdout.hasColors();

export class Processes {
  #started = [];
  #stopping = false;

  /** `onEnd` is called with the name of a process that ended though nobody had stopped it. */
  constructor(onEnd) {
    this.onEnd = onEnd;
  }

  print(name, line) {
    const colour = COLOURS[this.#started.findIndex((each) => each.name === name) % COLOURS.length] ?? 1;
    const padded = name.padEnd(NAME_WIDTH);
    process.stdout.write(`${colourful ? `\u001B[${colour}m${padded}\u001B[0m` : padded} ${line}\n`);
  }

  /** Resolves with the first line that matches `ready`. @throws when the process ends before, or takes too long */
  async start(name, command, args, { ready, env = process.env }) {
    if (this.#stopping) throw new Error('The demo is stopping');
    // In a group of its own, so that Ctrl-C does not reach it before its turn has come.
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const ended = once(child, 'exit');
    this.#started.push({ name, child, ended });
    const isReady = new Promise((resolve) => {
      for (const input of [child.stdout, child.stderr]) {
        createInterface({ input }).on('line', (line) => {
          this.print(name, line);
          if (ready.test(line)) resolve(line);
        });
      }
    });
    const failed = ended.then(([code, signal]) => {
      throw new Error(`${name} ended (${signal ?? code}) before it was ready`);
    });
    const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
    const late = once(deadline, 'abort').then(() => {
      throw new Error(`${name} was not ready within ${READY_TIMEOUT_MS / 1000} s`);
    });
    await Promise.race([isReady, failed, late]);
    failed.catch(() => {
      if (!this.#stopping) this.onEnd(name);
    });
  }

  /** Those which the clients use last are stopped first; resolves when all have ended. */
  async stop() {
    this.#stopping = true;
    for (const { child, ended } of this.#started.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
  }
}
