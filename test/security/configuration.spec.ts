// Wrong values, in any environment, and what HTTP answers say to browsers.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { validateEnvironment } from '../../src/app/configuration.js';
import { AppProcess } from '../support/app-process.js';
import { Stage } from '../support/stage.js';
import { SECRET } from './forge.js';

const TIMEOUT_MS = 10_000;

describe('everywhere a wrong value stops the start, by its name', () => {
  it.each([
    ['ALLOWED_ORIGINS', 'chat.example.com'],
    ['ALLOWED_ORIGINS', 'https://chat.example.com/'],
    ['ALLOWED_ORIGINS', 'https://*.example.com'],
    ['ALLOWED_ORIGINS', 'https://chat.example.com, null'],
    ['JWT_PUBLIC_KEY', 'no PEM'],
    ['JWT_JWKS_URL', 'file:///etc/passwd'],
    ['AUTH_MODE', 'none'],
    ['AUTH_GUESTS', 'no'],
    ['AUTH_QUERY_TOKEN', '1'],
    ['ROOMS_DEFAULT', 'public'],
    ['TRUSTED_PROXY_HOPS', '-1'],
    ['MAX_CONNECTIONS_PER_ADDRESS', '0'],
    ['COMMANDS_PER_SECOND', 'many'],
    ['GUEST_TOKEN_TTL', '1s'],
    ['ALLOW_ANY_ORIGIN', 'yes'],
  ])('%s=%s', (name, value) => {
    expect(() => validateEnvironment({ [name]: value })).toThrow(new RegExp(`^ +${name} must`, 'm'));
  });

  it('and without a word of what it was', async () => {
    const { code, stderr } = await AppProcess.refusal({ PORT: '0', JWT_PUBLIC_KEY: `no PEM but ${SECRET}` });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ +JWT_PUBLIC_KEY must/m);
    expect(stderr).not.toContain(SECRET);
  });
});

describe('answers over HTTP', () => {
  const shared = new Stage();
  let app: AppProcess;
  beforeAll(async () => {
    app = await shared.app({ NODE_ENV: 'production', JWT_SECRET: SECRET });
  });
  afterAll(() => shared.clear());

  it.each([
    ['GET', '/health', 200],
    ['GET', '/ws', 426],
    ['GET', '/nowhere', 404],
    ['POST', '/auth/guest', 400],
    ['DELETE', '/api/users/u-x/connections', 403],
  ])('%s %s have headers which make browsers careful', async (method, path, status) => {
    const response = await fetch(app.http + path, { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { headers } = response;
    expect(response.status).toBe(status);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'self'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringMatching(/max-age=\d{7}/),
      'cross-origin-resource-policy': 'same-origin',
    });
    for (const name of ['x-powered-by', 'server', 'access-control-allow-origin'])
      expect(headers.has(name)).toBe(false);
  });
});
