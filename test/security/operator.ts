// Orders of an operator over HTTP, and tokens from before and after them.
import type { AppProcess } from '../support/app-process.js';
import type { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';
import { goodToken, nowSeconds, SECRET } from './forge.js';

const TIMEOUT_MS = 20_000;
export const API_KEY = 'key-of-the-operator';
export const OPERATED = { JWT_SECRET: SECRET, API_KEYS: `another-key-of-the-operator, ${API_KEY}` };

/** DELETE /api/`path`: the status. @param key null: none is shown */
export async function order(app: AppProcess, path: string, key: string | null = API_KEY): Promise<number> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return (await fetch(`${app.http}/api/${path}`, { method: 'DELETE', headers, signal })).status;
}

export async function clientOf(stage: Stage, app: AppProcess, token: string): Promise<TestClient> {
  const client = await stage.connect(app.url, { headers: { Authorization: `Bearer ${token}` } });
  await client.next('WELCOME');
  return client;
}

/** Taken once: a token made late in a slow test must still be from before the order. */
const BEFORE_ANY_ORDER = nowSeconds() - 5;

/** One which was issued before any order of this test file. */
export function oldToken(sub: string): string {
  return goodToken({ sub, iat: BEFORE_ANY_ORDER });
}

export function newToken(sub: string): string {
  return goodToken({ sub, iat: nowSeconds() + 2 });
}
