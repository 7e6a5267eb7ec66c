// POST /auth/guest with a token: a guest goes on as the same user, and nobody gets a guest's rights by it.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { Stage } from '../support/stage.js';
import { goodToken, nowSeconds, SECRET } from './forge.js';

const stage = new Stage();
let app: AppProcess;

beforeAll(async () => {
  app = await stage.app({ JWT_SECRET: SECRET, BEARER_TOKENS: 'fixed-token-of-a-service' });
});
afterAll(() => stage.clear());

function renew(token: string): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  return fetch(`${app.http}/auth/guest`, { method: 'POST', headers, body: '{"username":"Ada"}' });
}

it('gives a guest a new token for the same user', async () => {
  const response = await renew(goodToken({ guest: true, sub: 'u-guest' }));
  expect(response.status).toBe(201);
  const { token, user } = (await response.json()) as { token: string; user: object };
  expect(user).toEqual({ id: 'u-guest', name: 'Ada' });
  const again = await renew(token);
  expect(await again.json()).toMatchObject({ user });
});

it.each([
  ['that is no guest’s', () => goodToken()],
  ['that only says so in another way', () => goodToken({ guest: 'true' })],
  ['with rights of its own', () => goodToken({ guest: true, rooms: { lobby: ['read'] } })],
  ['that has run out', () => goodToken({ guest: true, exp: nowSeconds() - 1 })],
  ['that is fixed', () => 'fixed-token-of-a-service'],
  ['that is forged', () => 'forged'],
])('is 401 for a token %s', async (_name, token) => {
  const response = await renew(token());
  expect(response.status).toBe(401);
  expect(await response.json()).not.toHaveProperty('token');
});
