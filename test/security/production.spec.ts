// What is safe as shipped: NODE_ENV=production refuses what is not, by name, and says how to mend or to allow it.
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { validateEnvironment } from '../../src/app/configuration.js';
import { AppProcess } from '../support/app-process.js';
import { Stage } from '../support/stage.js';
import { newPair, SECRET } from './forge.js';
import { show } from './shown-token.js';

const TIMEOUT_MS = 10_000;
/** Nobody listens there; an instance waits for its Redis, and is alive meanwhile. */
const REMOTE = '127.0.0.2:6399';

type Env = Record<string, string>;

const stage = new Stage();
afterEach(() => stage.clear());

const sane: Env = { NODE_ENV: 'production', JWT_SECRET: SECRET };

type Refusal = [name: string, env: Env, says: RegExp];

const weak = (secret: string): Refusal => [
  `with the secret ${secret}`,
  { JWT_SECRET: secret },
  /JWT_SECRET must be random and have at least 32 bytes: openssl rand .*ALLOW_WEAK_SECRET=true/,
];

const weakKey = (name: string, keys: string): Refusal => [
  `with ${name} ${keys}`,
  { [name]: keys },
  new RegExp(`${name} must be random .*ALLOW_WEAK_SECRET=true`),
];

describe('production refuses to start', () => {
  const cases: Refusal[] = [
    ['without a secret', { JWT_SECRET: '' }, /JWT_SECRET must be set.*openssl rand.*AUTH_GUESTS=false/],
    [
      'without any key where tokens are required',
      { JWT_SECRET: '', AUTH_GUESTS: 'false', AUTH_MODE: 'token' },
      /AUTH_MODE=token needs JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL or BEARER_TOKENS/,
    ],
    ...[
      'secret',
      'changeme',
      'your-256-bit-secret',
      // The one that jwt.io fills in.
      'a-string-secret-at-least-256-bits-long',
      'please-change-this-in-production-please',
      'ChangeMe-ChangeMe-ChangeMe-ChangeMe-1234',
      'my-super-Secret-key-for-signing-tokens-2024',
      'roomcast-development-key-do-not-use-this',
      'x'.repeat(64),
      'abc'.repeat(20),
      '0123456789abcdef0123456789abcdef',
      SECRET.slice(0, 31),
    ].map(weak),
    weakKey('API_KEYS', 'short'),
    weakKey('API_KEYS', `${SECRET}, changeme-changeme-changeme`),
    weakKey('BEARER_TOKENS', 'token-1, token-2'),
    [
      'with any origin',
      { ALLOWED_ORIGINS: '*' },
      /ALLOWED_ORIGINS must name the origins.*ALLOW_ANY_ORIGIN=true/,
    ],
    [
      'with any origin among others',
      { ALLOWED_ORIGINS: 'https://chat.example.com,*' },
      /ALLOWED_ORIGINS must name.*ALLOW_ANY_ORIGIN=true/,
    ],
    [
      'with a remote Redis without anything',
      { REDIS_URL: `redis://${REMOTE}` },
      /REDIS_URL names a remote server without TLS \(rediss:\/\/\) and a password.*ALLOW_INSECURE_REDIS=true/,
    ],
    [
      'with a remote Redis without TLS',
      { REDIS_URL: `redis://:pw@${REMOTE}` },
      /REDIS_URL .*without TLS \(rediss:\/\/\):/,
    ],
    [
      'with a remote Redis without a password',
      { REDIS_URL: `rediss://${REMOTE}` },
      /REDIS_URL .*without a password:/,
    ],
    [
      'with a remote Redis by its host',
      { REDIS_HOST: 'redis.example.com', REDIS_PASSWORD: 'pw' },
      /REDIS_HOST .*without TLS/,
    ],
    [
      'with what only looks like loopback',
      { REDIS_URL: 'redis://localhost.example.com' },
      /REDIS_URL names a remote/,
    ],
    [
      'with a remote NATS without anything',
      { NATS_URL: `nats://${REMOTE}` },
      /NATS_URL names a remote server without TLS \(tls:\/\/\) and credentials.*ALLOW_INSECURE_NATS=true/,
    ],
    [
      'with a remote NATS without TLS',
      { NATS_URL: `nats://token@${REMOTE}` },
      /NATS_URL .*without TLS \(tls/,
    ],
    ['with a remote NATS without credentials', { NATS_URL: `tls://${REMOTE}` }, /without credentials:/],
    [
      'with one remote NATS among several',
      { NATS_URL: `nats://localhost,nats://user:pw@${REMOTE}` },
      /NATS_URL .*without TLS/,
    ],
    ['with a Redis host that is none', { REDIS_HOST: 'a b' }, /REDIS_HOST must be/],
  ];

  it.each(cases)('%s', (_name, env, says) => {
    expect(() => validateEnvironment({ ...sane, ...env })).toThrow(says);
  });

  /** One of each kind also as the process that an operator starts. */
  const kinds = cases.filter(([name]) =>
    /^without a secret|changeme|any origin$|without anything|jwt/.test(name),
  );

  it.each(kinds)('%s: with exit code 1, and no more of the inside', async (_name, env, says) => {
    const { code, stderr } = await AppProcess.refusal({ PORT: '0', ...sane, ...env });
    expect(code).toBe(1);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/node_modules|^\s+at /m);
  });

  it('with all that is wrong at once', async () => {
    const env = {
      NODE_ENV: 'production',
      JWT_SECRET: 'short',
      ALLOWED_ORIGINS: '*',
      REDIS_URL: `redis://${REMOTE}`,
    };
    const { code, stderr } = await AppProcess.refusal({ PORT: '0', ...env });
    expect(code).toBe(1);
    expect(stderr.match(/^ {2}[A-Z_]+/gm)).toEqual(['  JWT_SECRET', '  ALLOWED_ORIGINS', '  REDIS_URL']);
  });
});

describe('production starts', () => {
  const cases: [name: string, env: Env][] = [
    ['with a secret, and nothing else', {}],
    ['with a random secret of 32 bytes in base64', { JWT_SECRET: randomBytes(32).toString('base64') }],
    ['with a weak secret that is allowed', { JWT_SECRET: 'short', ALLOW_WEAK_SECRET: 'true' }],
    ['with weak keys that are allowed', { API_KEYS: 'k', BEARER_TOKENS: 't', ALLOW_WEAK_SECRET: 'true' }],
    ['with any origin that is allowed', { ALLOWED_ORIGINS: '*', ALLOW_ANY_ORIGIN: 'true' }],
    [
      'with an insecure Redis that is allowed',
      { REDIS_URL: `redis://${REMOTE}`, ALLOW_INSECURE_REDIS: 'true' },
    ],
    ['with a Redis by TLS and password', { REDIS_URL: `rediss://:pw@${REMOTE}` }],
    ['with a Redis of the same machine', { REDIS_URL: 'redis://localhost:6399' }],
    ['without a secret where nothing needs one', { JWT_SECRET: '', AUTH_GUESTS: 'false' }],
    [
      'with a public key',
      { JWT_SECRET: '', AUTH_GUESTS: 'false', AUTH_MODE: 'token', JWT_PUBLIC_KEY: newPair('ES256').pem },
    ],
    [
      'with fixed tokens',
      { JWT_SECRET: '', AUTH_GUESTS: 'false', AUTH_MODE: 'token', BEARER_TOKENS: SECRET },
    ],
    [
      'with all that a real one has',
      {
        AUTH_MODE: 'token',
        JWT_ISSUER: 'https://id.example.com',
        JWT_AUDIENCE: 'roomcast',
        ALLOWED_ORIGINS: 'https://chat.example.com',
        API_KEYS: randomBytes(24).toString('base64'),
        TRUSTED_PROXY_HOPS: '1',
        ROOMS_DEFAULT: 'closed',
      },
    ],
  ];

  it.each(cases)('%s', (_name, env) => {
    expect(validateEnvironment({ ...sane, ...env }).production).toBe(true);
  });

  it.each(cases.filter(([name]) => /nothing else|insecure Redis|all that/.test(name)))(
    '%s, as a process',
    async (_name, env) => {
      const app = await stage.app({ ...sane, ...env });
      expect(await app.health()).toMatchObject({ status: 'ok' });
      // Nothing had to be made up for it.
      expect(app.logs.filter((line) => /JWT_SECRET/.test(line))).toEqual([]);
    },
  );
});

describe('development', () => {
  it('makes a secret of its own, another on each instance, and says so', async () => {
    const [one, other] = [await stage.app({ NODE_ENV: 'development' }), await stage.app({ NODE_ENV: '' })];
    for (const app of [one, other]) expect(app.logs.join('\n')).toMatch(/WARN.*JWT_SECRET is not set/);
    const response = await fetch(`${one.http}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"username":"Ada"}',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { token } = (await response.json()) as { token: string };
    expect(await show(one.port, 'Authorization', token)).toBe(101);
    expect(await show(other.port, 'Authorization', token)).toBe(401);
  });

  it('lets pass what production refuses', async () => {
    const env = { JWT_SECRET: 'x', API_KEYS: 'k', ALLOWED_ORIGINS: '*', REDIS_URL: `redis://${REMOTE}` };
    expect(await (await stage.app(env)).health()).toMatchObject({ status: 'ok' });
  });
});
