// Runs a command as a container would: as user 1000, as process 1, seeing this system's programs, and its own /app.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { OwnedProcess } from '../support/owned-process.js';

const USER = 1000;
/** Where programs and their libraries are; what is not there on this system is left out. */
const SYSTEM = ['/usr', '/bin', '/lib', '/lib64', '/opt', '/etc/ld.so.cache', '/etc/ssl'];
/** Node may be outside of those. */
const NODE_PREFIX = dirname(dirname(process.execPath));

export interface SandboxOptions {
  /** The directory of this system which is /app in there. */
  app: string;
  /** As a step of a build: without a network, but with /app and /tmp to write to, and as whoever runs this. */
  building?: boolean;
  env?: Record<string, string>;
}

function bubblewrapArguments({ app, building = false, env = {} }: SandboxOptions): string[] {
  const programs = [...SYSTEM, NODE_PREFIX].filter((path) => existsSync(path));
  const ownApp = building
    ? ['--unshare-net', '--tmpfs', '/tmp', '--setenv', 'HOME', '/tmp', '--bind', app, '/app']
    : ['--ro-bind', app, '/app'];
  const path = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  return [
    '--die-with-parent --clearenv --unshare-user --unshare-pid --as-pid-1'.split(' '),
    ownApp,
    programs.flatMap((program) => ['--ro-bind', program, program]),
    '--proc /proc --dev /dev --remount-ro / --chdir /app'.split(' '),
    ['--setenv', 'PATH', path],
    Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ['--uid', String(USER), '--gid', String(USER)],
  ].flat();
}

/** Starts `command` in a sandbox. */
export async function startInSandbox(
  command: readonly string[],
  options: SandboxOptions,
): Promise<OwnedProcess> {
  // What is built belongs to whoever builds; the image's user owns none of it.
  const keepsUser = options.building || process.getuid?.() !== 0;
  const asUser = keepsUser ? [] : ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
  const [program = '', ...args] = [...asUser, 'bwrap', ...bubblewrapArguments(options), ...command];
  return OwnedProcess.spawn(program, args);
}

/** Runs `command` to its end. @throws with its output when it fails */
export async function runInSandbox(command: readonly string[], options: SandboxOptions): Promise<string> {
  const child = await startInSandbox(command, options);
  const { code } = await child.exited;
  const output = child.logs.join('\n');
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}`);
  return output;
}
