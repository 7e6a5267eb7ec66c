// The environment variables: defaults, what each may hold, and errors that name the variable.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { validateEnvironment } from '../../src/app/configuration.js';
import { Environment } from '../../src/app/environment.js';

const ALL = Object.keys(new Environment());
/** Those which may hold any text. */
const FREE = [
  'NODE_ENV',
  'HOST',
  'REDIS_HOST',
  'REDIS_PASSWORD',
  'JWT_SECRET',
  'JWT_PUBLIC_KEY',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'BEARER_TOKENS',
  'API_KEYS',
  'METRICS_TOKEN',
  'ALLOWED_ORIGINS',
];
const CHECKED = ALL.filter((name) => !FREE.includes(name));
const UNITS = { '': 1_000, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The lines of the error that a raw environment is refused with; none where it is taken. */
function problems(raw: Record<string, unknown>): string[] {
  try {
    validateEnvironment(raw);
    return [];
  } catch (error) {
    const [, ...lines] = (error as Error).message.split('\n');
    return [...new Set(lines.map((line) => line.trim()))];
  }
}

describe('a variable', () => {
  it.each(CHECKED)('%s is refused with an error that begins with its name', (name) => {
    const lines = problems({ [name]: 'nonsense!' });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !line.startsWith(`${name} `))).toEqual([]);
  });

  it('is named beside all others that are wrong', () => {
    const named = problems(Object.fromEntries(CHECKED.map((name) => [name, 'nonsense!']))).map(
      (line) => line.split(' ')[0],
    );
    expect(new Set(named)).toEqual(new Set(CHECKED));
  });

  it('counts as unset when it is empty, and is ignored when nobody knows it', () => {
    const empty = Object.fromEntries(ALL.map((name) => [name, '']));
    expect(validateEnvironment({ ...empty, UNKNOWN: 'x', __proto__: { PORT: '1' } })).toEqual(
      validateEnvironment({}),
    );
  });
});

describe('the defaults', () => {
  it('are those that are promised', () => {
    expect(validateEnvironment({})).toMatchObject({
      PORT: 8080,
      LOG_LEVEL: 'info',
      AUTH_MODE: 'guest',
      HISTORY_SIZE: 1_000,
      HISTORY_TTL: 7 * 86_400_000,
      IDEMPOTENCY_TTL: 86_400_000,
      HEARTBEAT_INTERVAL: 25_000,
      MAX_FRAME_BYTES: 65_536,
      MAX_ROOMS: 100,
      broker: 'embedded',
    });
  });
});

describe('numbers', () => {
  it.each(['abc', '80a', '1.5', '-1', '65536', 'NaN', 'Infinity', '1e99', '0x', '8080 8081'])(
    'are not %j',
    (value) => {
      expect(problems({ PORT: value })).not.toEqual([]);
    },
  );

  it('are read from text, within their bounds', () => {
    expect(validateEnvironment({ PORT: '0' }).PORT).toBe(0);
    expect(validateEnvironment({ PORT: '65535', MAX_ROOMS: '1' })).toMatchObject({
      PORT: 65_535,
      MAX_ROOMS: 1,
    });
    expect(problems({ MAX_ROOMS: '0' })).toEqual([
      expect.stringContaining('MAX_ROOMS must not be less than 1'),
    ]);
  });
});

describe('durations', () => {
  it('are a number and a unit; a bare number is seconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.constantFrom(...Object.entries(UNITS)),
        (count, [unit, ms]) => {
          const value = count * ms;
          const allowed = value >= 1_000 && value <= 365 * UNITS.d;
          const lines = problems({ HISTORY_TTL: `${count}${unit}` });
          expect(lines.length === 0).toBe(allowed);
          expect(allowed ? validateEnvironment({ HISTORY_TTL: `${count}${unit}` }).HISTORY_TTL : value).toBe(
            value,
          );
        },
      ),
    );
  });

  it('may be a fraction of their unit', () => {
    expect(validateEnvironment({ HISTORY_TTL: '1.5h' }).HISTORY_TTL).toBe(5_400_000);
  });

  it.each(['10x', '-5s', 'five', '1h30m', '1e3s', '.5s', '5 s', 's', '1d ', '10S', 'Infinity'])(
    'are not %j',
    (value) => {
      expect(problems({ HISTORY_TTL: value })).toEqual([
        expect.stringMatching(/^HISTORY_TTL must be a duration such as 30s/),
      ]);
    },
  );
});

describe('the broker', () => {
  it.each([
    [{}, 'embedded', 'redis://localhost:6379'],
    [{ REDIS_URL: 'redis://a:1/2' }, 'redis', 'redis://a:1/2'],
    [{ REDIS_URL: 'rediss://u:p@a.example:1' }, 'redis', 'rediss://u:p@a.example:1'],
    [{ REDIS_HOST: 'a' }, 'redis', 'redis://a:6379'],
    [{ REDIS_HOST: 'a', REDIS_PORT: '7' }, 'redis', 'redis://a:7'],
    [{ REDIS_PORT: '7' }, 'embedded', 'redis://localhost:7'],
    [{ BROKER: 'embedded', REDIS_URL: 'redis://a' }, 'embedded', 'redis://a'],
    [{ BROKER: 'redis' }, 'redis', 'redis://localhost:6379'],
    [{ REDIS_URL: 'redis://a', REDIS_HOST: 'b', REDIS_PASSWORD: 'c' }, 'redis', 'redis://a'],
  ])('of %j is %s at %s', (raw, broker, redisUrl) => {
    const environment = validateEnvironment(raw);
    expect([environment.broker, environment.redisUrl]).toEqual([broker, redisUrl]);
  });

  it('takes any password', () => {
    const passwords = fc.string({ unit: 'binary', minLength: 1 }).filter((each) => each.isWellFormed());
    fc.assert(
      fc.property(passwords, (password) => {
        const { redisUrl } = validateEnvironment({ REDIS_HOST: 'a', REDIS_PASSWORD: password });
        expect(decodeURIComponent(new URL(redisUrl).password)).toBe(password);
      }),
    );
  });

  it.each(['http://a', 'a:6379', 'redis://', 'localhost'])('is not at %j', (url) => {
    expect(problems({ REDIS_URL: url })).toEqual([expect.stringMatching(/^REDIS_URL must be/)]);
  });
});
