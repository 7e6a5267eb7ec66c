// The errors which the OpenAPI document shows are those which a server gives.
import { afterAll, expect, it } from '@jest/globals';
import request, { type Test } from 'supertest';
import { Stage } from '../support/stage.js';
import { API_KEY, Backend } from './backend.js';

interface Answer {
  readonly content?: Readonly<
    Record<string, { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }>
  >;
}
interface Shown {
  /** By path and method. */
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Answer>> }>>>
  >;
}

const stage = new Stage();
afterAll(() => stage.clear());

/** The examples of errors on all routes, each once, with the status under which it stands. */
function examplesOf({ paths }: Shown): Map<string, { status: number; body: unknown }> {
  const examples = new Map<string, { status: number; body: unknown }>();
  for (const { responses } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    for (const [status, { content = {} }] of Object.entries(responses)) {
      for (const [code, { value }] of Object.entries(content['application/json']?.examples ?? {})) {
        examples.set(code, { status: Number(status), body: value });
      }
    }
  }
  return examples;
}

it('each as it is shown', async () => {
  const [app, bare, strict] = await Promise.all([
    stage.app({ API_KEYS: API_KEY }),
    stage.app(),
    stage.app({ API_KEYS: API_KEY, MAX_REQUESTS_PER_MINUTE: '1' }),
  ]);
  const redis = await stage.redis();
  const waiting = await stage.app({ API_KEYS: API_KEY, REDIS_URL: redis.url });
  await redis.kill();
  await new Backend(strict).publish('general', { message: 'x' });
  await new Backend(app).publish('general', { message: 'x', messageId: 'once' });

  const say = { message: 'x' };
  const provocations: Record<string, () => Test> = {
    BAD_REQUEST: () => new Backend(app).publish('general', '[]'),
    BAD_ROOM: () => new Backend(app).publish('.general', say),
    UNAUTHENTICATED: () => new Backend(app, 'another').publish('general', say),
    FORBIDDEN: () => new Backend(bare).publish('general', say),
    CONFLICT: () => new Backend(app).publish('general', { message: 'y', messageId: 'once' }),
    MESSAGE_TOO_LARGE: () => new Backend(app).publish('general', { message: 'x'.repeat(40_000) }),
    RATE_LIMITED: () => new Backend(strict).publish('general', say),
    UNAVAILABLE: () => new Backend(waiting).publish('general', say),
  };
  const { body } = await request(app.http).get('/docs/openapi.json').expect(200);
  const shown = examplesOf(body as Shown);
  expect([...shown.keys()].toSorted()).toEqual(Object.keys(provocations).toSorted());
  for (const [code, example] of shown) {
    const answer = await provocations[code]!();
    expect({ status: answer.status, body: answer.body as unknown }).toEqual(example);
  }
});
