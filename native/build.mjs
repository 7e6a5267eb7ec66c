// Compiles send-loop.c, where there is a C compiler. Without one nothing is lost but some speed, so that is no failure.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { include_dir as nodeHeaders } from 'node-api-headers';

const TIMEOUT_MS = 60_000;
const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Node's own functions are found when it is loaded. */
const AS_ADDON =
  process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-fPIC'];

const STRICT = ['-std=c11', '-D_DEFAULT_SOURCE', '-O2', '-Wall', '-Wextra', '-fvisibility=hidden'];
const FILES = [`-I${nodeHeaders}`, pathOf('send-loop.c'), '-o', pathOf('../dist/native/send-loop.node')];

mkdirSync(pathOf('../dist/native'), { recursive: true });
const { status, error, stderr } = spawnSync(process.env.CC ?? 'cc', [...STRICT, ...AS_ADDON, ...FILES], {
  encoding: 'utf8',
  timeout: TIMEOUT_MS,
});
if (status === 0) process.stderr.write(stderr);
else {
  const why = error?.message ?? stderr.trim();
  process.stderr.write(`native/send-loop.c is not built, sockets are written to one by one: ${why}\n`);
}
