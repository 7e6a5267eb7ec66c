// Lets somebody without manners loose on a server, and tells what came of it.
import { type ChildProcess, fork } from 'node:child_process';
import type { AppProcess } from '../support/app-process.js';
import { eventually } from '../support/deadline.js';

const TIMEOUT_MS = 20_000;

export interface Manners {
  /** What it floods with: see flood-client.mjs. */
  readonly kind: string;
  /** Whether it comes back each time it was cut. */
  readonly returns: boolean;
}

export interface FloodReport {
  readonly frames: number;
  readonly connections: number;
  /** How its connections ended, by close code. */
  readonly closed: Record<string, number>;
  /** How its commands were refused. */
  readonly errors: Record<string, number>;
}

export class Flooder {
  readonly #said: unknown[] = [];

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => this.#said.push(message));
  }

  /** Resolves when it could begin at once. */
  static async start({ url, port }: AppProcess, manners: Manners): Promise<Flooder> {
    const args = [JSON.stringify({ url, port, ...manners })];
    // A test runner's own options, which it got for its kind of modules, are none of its business.
    const flooder = new Flooder(
      fork(new URL('flood-client.mjs', import.meta.url), args, { execArgv: [], env: {} }),
    );
    await flooder.#hear((message) => message === 'ready');
    return flooder;
  }

  begin(): void {
    this.child.send('flood');
  }

  /** Ends it, once it has been cut at least once. */
  async end(): Promise<FloodReport> {
    await this.#hear((message) => message === 'cut');
    this.child.send('stop');
    return (await this.#hear((message) => typeof message === 'object')) as FloodReport;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  async #hear(matches: (message: unknown) => boolean): Promise<unknown> {
    const look = (): unknown => {
      const found = this.#said.find(matches);
      if (found === undefined) throw new Error(`it said ${JSON.stringify(this.#said)}`);
      return found;
    };
    return eventually(look, TIMEOUT_MS, 'the flooder reports');
  }
}
