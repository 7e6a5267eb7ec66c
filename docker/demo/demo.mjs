// npm run demo: Redis, three instances and nginx as processes of this machine, until Ctrl-C.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, requirePort } from './ports.mjs';
import { Processes } from './processes.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INSTANCES = 3;
const DEFAULT_PORT = 8080;
const NEEDED = ['redis-server', 'nginx'];

// Debian keeps servers in sbin, which is not on every user's PATH.
process.env.PATH += ':/usr/sbin:/usr/local/sbin';

function requireCommands() {
  const missing = NEEDED.filter((command) => spawnSync(command, ['-v'], { stdio: 'ignore' }).error);
  if (missing.length === 0) return;
  throw new Error(`The demo needs ${missing.join(' and ')}. Install what is missing:

  Debian, Ubuntu   sudo apt-get install redis-server nginx
  macOS            brew install redis nginx

Without either, one instance alone runs with: npm start`);
}

/** docker/nginx as it is shipped, with the addresses of this machine. */
async function writeNginx(dir, port, instances) {
  await cp(join(ROOT, 'docker/nginx'), dir, { recursive: true });
  await writeFile(join(dir, 'listen.conf'), `listen 127.0.0.1:${port};\n`);
  await writeFile(
    join(dir, 'instances.conf'),
    instances.map((each) => `server 127.0.0.1:${each};\n`).join(''),
  );
}

async function startAll(processes, dir) {
  const port = await requirePort(process.env.PORT || DEFAULT_PORT);
  const redisPort = await freePort();
  const redis = ['--port', redisPort, '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  await processes.start('redis', 'redis-server', redis.map(String), { ready: /Ready to accept connections/ });

  const secret = randomBytes(48).toString('base64');
  const common = {
    JWT_SECRET: secret,
    ...process.env,
    HOST: '127.0.0.1',
    TRUSTED_PROXY_HOPS: '1',
    BROKER: 'redis',
  };
  const env = { ...common, REDIS_URL: `redis://127.0.0.1:${redisPort}` };
  const ports = [];
  for (let count = 0; count < INSTANCES; count++) ports.push(await freePort());
  await Promise.all(
    ports.map((instance, index) =>
      processes.start(`roomcast-${index + 1}`, process.execPath, [join(ROOT, 'dist/app/main.js')], {
        env: { ...env, PORT: String(instance) },
        ready: /Listening on/,
      }),
    ),
  );

  await writeNginx(dir, port, ports);
  const nginx = ['-e', 'stderr', '-p', dir, '-c', join(dir, 'least-conn.conf')];
  await processes.start('nginx', 'nginx', [...nginx, '-g', 'daemon off; error_log stderr notice;'], {
    ready: /start worker process \d/,
  });
  return port;
}

async function demo() {
  requireCommands();
  let end;
  const ended = new Promise((resolve) => (end = resolve));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end());
  const processes = new Processes((name) => end(new Error(`${name} ended, so the demo ends`)));
  const dir = await mkdtemp(join(tmpdir(), 'roomcast-demo-'));
  // As root, nginx's workers run as another user, who has to reach the files in there.
  await chmod(dir, 0o755);
  try {
    const started = startAll(processes, dir).then((port) => {
      processes.print('demo', `Open http://localhost:${port} in two windows. Ctrl-C stops all.`);
      return ended;
    });
    const failure = await Promise.race([started, ended]);
    if (failure) throw failure;
  } finally {
    await processes.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

demo().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
