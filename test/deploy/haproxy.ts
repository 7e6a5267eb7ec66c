// A real HAProxy, run with the repository's own docker/haproxy.cfg on this machine's ports.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/deadline.js';
import { freePort } from '../support/free-port.js';
import { OwnedProcess } from '../support/owned-process.js';

export const SHIPPED = fileURLToPath(new URL('../../docker/haproxy.cfg', import.meta.url));
const TIMEOUT_MS = 10_000;

/** Replaces the one line that matches: a file in which it is not found, or found twice, is not the one we know. */
function replaceLine(config: string, line: RegExp, replacement: string): string {
  const found = config.match(new RegExp(line, 'gm'))?.length ?? 0;
  if (found !== 1) throw new Error(`haproxy.cfg should hold ${line} once, not ${found} times`);
  return config.replace(new RegExp(line, 'm'), () => replacement);
}

async function connectTo(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

/** Checks a file as `haproxy -c` does; resolves with its exit code and what it says. */
export async function checkHaproxy(file: string): Promise<{ code: number | null; says: string }> {
  // -dW: warnings are errors.
  const check = await OwnedProcess.spawn('haproxy', ['-c', '-dW', '-f', file]);
  const { code } = await check.exited;
  return { code, says: check.logs.join('\n') };
}

export class Haproxy {
  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly process: OwnedProcess,
  ) {}

  /** `upstreams`: ports on loopback. Resolves when it listens. */
  static async start(upstreams: readonly number[]): Promise<Haproxy> {
    const port = await freePort();
    const servers = upstreams
      .map((upstream, index) => `    server s${index} 127.0.0.1:${upstream}`)
      .join('\n');
    const shipped = await readFile(SHIPPED, 'utf8');
    const bound = replaceLine(shipped, /^ *bind :8080$/, `    bind 127.0.0.1:${port}`);
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-haproxy-'));
    const file = join(dir, 'haproxy.cfg');
    await writeFile(file, replaceLine(bound, /^ *server-template .*$/, servers));
    // In the foreground; its log tells of servers that come and go.
    const child = await OwnedProcess.spawn('haproxy', ['-db', '-f', file]);
    const haproxy = new Haproxy(port, dir, child);
    try {
      const listens = eventually(() => connectTo(port), TIMEOUT_MS, 'HAProxy listens');
      await child.whileRunning(listens, TIMEOUT_MS, 'HAProxy listens');
      return haproxy;
    } catch (error) {
      await haproxy.stop();
      throw error;
    }
  }

  /** Resolves when it says so of the server at `index`. */
  async says(index: number, state: 'UP' | 'DOWN'): Promise<void> {
    await this.process.line(new RegExp(`Server roomcast/s${index} is ${state}`), TIMEOUT_MS);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
