// /docs: documents which the official parsers accept, and which the running server keeps to.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import SwaggerParser from '@apidevtools/swagger-parser';
import { Parser } from '@asyncapi/parser';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import axe from 'axe-core';
import request, { type Test } from 'supertest';
import { goodToken, SECRET } from '../security/forge.js';
import type { AppProcess } from '../support/app-process.js';
import { Browsers } from '../support/browser.js';
import { Stage } from '../support/stage.js';
import type { Frame } from '../support/test-client.js';
import { API_KEY, Backend } from './backend.js';

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;
}
interface Operation {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly example?: string;
    readonly schema: { readonly examples?: readonly (number | string)[] };
  }[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly examples: Readonly<Record<string, { value: object }>> }>
    >;
  };
  readonly responses: Readonly<Record<string, Answer>>;
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}
interface AsyncApi {
  readonly operations: Readonly<
    Record<
      string,
      { readonly action: string; readonly reply?: { readonly messages: readonly { $ref: string }[] } }
    >
  >;
  readonly components: {
    readonly messages: Readonly<
      Record<string, { readonly payload: object; readonly examples: readonly { readonly payload: Frame }[] }>
    >;
  };
}

/** How the parser counts an error among its findings. */
const ERROR = 0;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let http: OpenApi;
let webSocket: AsyncApi;
const ajv = new Ajv2020({ strict: false, allErrors: true });

beforeAll(async () => {
  app = await shared.app({ API_KEYS: API_KEY, JWT_SECRET: SECRET });
  const load = async (name: string): Promise<object> =>
    (await request(app.http).get(`/docs/${name}`).expect(200)).body as object;
  http = (await load('openapi.json')) as OpenApi;
  webSocket = (await load('asyncapi.json')) as AsyncApi;
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

function validatorOf(schema: object, components: object): ValidateFunction {
  return ajv.compile({ ...schema, components });
}

/** @throws Error telling what is wrong with it */
function requireValid(validate: ValidateFunction, value: unknown): void {
  if (!validate(value)) throw new Error(`${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`);
}

/** The example's requests of an operation; where there is no body, with nothing but its path, and with its query. */
function requestsOf(template: string, method: string, { parameters, requestBody }: Operation): Test[] {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    return parameters!.find((each) => each.name === name)!.example!;
  });
  // A guest's route takes a guest's token, or none.
  const backend = new Backend(app, path.startsWith('/api') ? API_KEY : null);
  if (requestBody) {
    const { examples } = requestBody.content['application/json']!;
    return Object.values(examples).map(({ value }) => backend.post(path, value));
  }
  if (method === 'delete') return [backend.delete(path)];
  const query = (parameters ?? []).flatMap(({ name, schema }) =>
    (schema.examples ?? []).map((example): [string, string] => [name, String(example)]),
  );
  const paths = query.length > 0 ? [path, `${path}?${new URLSearchParams(query).toString()}`] : [path];
  return paths.map((each) => backend.get(each));
}

describe('the OpenAPI document', () => {
  it("passes the specification's own schema, and all its references lead somewhere", async () => {
    const copy = structuredClone(http) as unknown as Parameters<typeof SwaggerParser.validate>[0];
    await expect(SwaggerParser.validate(copy)).resolves.toMatchObject({ openapi: '3.1.0' });
  });

  it('has every route of the API', () => {
    const routes = Object.entries(http.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual([
      'DELETE /api/rooms/{room}/members/{id}',
      'DELETE /api/users/{id}/connections',
      'GET /api/rooms',
      'GET /api/rooms/{room}/members',
      'GET /api/rooms/{room}/messages',
      'GET /health',
      'GET /metrics',
      'GET /ready',
      'POST /api/rooms/{room}/messages',
      'POST /auth/guest',
      'POST /login',
    ]);
  });

  it('has words for each of them', () => {
    const operations = Object.values(http.paths).flatMap((methods) => Object.values(methods));
    expect(operations.filter(({ summary }) => !/\w+ \w+/.test(summary ?? ''))).toEqual([]);
  });

  it('has examples which are what the server takes, and answers that are what it gives', async () => {
    let replayed = 0;
    for (const [template, methods] of Object.entries(http.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        for (const test of requestsOf(template, method, operation)) {
          const { status, body } = await test;
          const answer = operation.responses[status];
          expect([template, status, answer !== undefined && status < 300]).toEqual([template, status, true]);
          const schema = answer?.content?.['application/json']?.schema;
          if (schema) requireValid(validatorOf(schema, http.components), body);
          replayed++;
        }
      }
    }
    expect(replayed).toBeGreaterThanOrEqual(15);
  });

  it('shows answers which are such answers', () => {
    let shown = 0;
    for (const operation of Object.values(http.paths).flatMap((methods) => Object.values(methods))) {
      for (const { content = {} } of Object.values(operation.responses)) {
        for (const { schema, example } of Object.values(content)) {
          if (example === undefined) continue;
          requireValid(validatorOf(schema, http.components), example);
          shown++;
        }
      }
    }
    expect(shown).toBeGreaterThanOrEqual(8);
  });

  it.each([
    ['400', 'BAD_REQUEST', () => new Backend(app).publish('general', {})],
    ['400', 'BAD_ROOM', () => new Backend(app).publish('.general', { message: 'x' })],
    ['401', 'UNAUTHENTICATED', () => new Backend(app, 'another').publish('general', { message: 'x' })],
    ['413', 'MESSAGE_TOO_LARGE', () => new Backend(app).publish('general', { message: 'x'.repeat(40_000) })],
    [
      '409',
      'CONFLICT',
      () => new Backend(app).publish('general', { message: 'y', messageId: 'deploy-1274' }),
    ],
  ])('tells of %s with %s, and it is answered so', async (status, code, ask) => {
    await new Backend(app).publish('general', { message: 'x', messageId: 'deploy-1274' });
    const { body, ...answer } = await ask();
    expect([answer.status, body]).toEqual([Number(status), expect.objectContaining({ code })]);
    const { content } = http.paths['/api/rooms/{room}/messages']!['post']!.responses[status]!;
    requireValid(validatorOf(content!['application/json']!.schema, http.components), body);
  });
});

describe('the AsyncAPI document', () => {
  it('passes the official parser without an error', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(webSocket));
    const errors = diagnostics.filter((each) => each.severity.valueOf() === ERROR);
    expect(errors).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
  });

  it('has examples which are what the server takes, and its replies and events are as it says', async () => {
    const token = goodToken({ sub: 'u-ada', rooms: { '*': ['read', 'write', 'moderate'] } });
    const authorization = { Authorization: `Bearer ${token}` };
    const client = await stage.connect(app.url, { headers: authorization, presence: true });
    const seen = [await client.next('WELCOME')];
    const other = await stage.client(app);
    await other.request({ type: 'SUBSCRIBE', room: 'general' });

    for (const [name, { reply }] of Object.entries(webSocket.operations)) {
      if (!name.endsWith('_COMMAND')) continue;
      for (const { payload } of webSocket.components.messages[name]!.examples) {
        const command = payload.type === 'AUTH' ? { ...payload, token } : payload;
        client.send(command);
        if (payload['id'] === undefined) continue;
        const answer = await client.next(({ id }) => id === payload['id']);
        seen.push(answer);
        const allowed = reply!.messages.map(({ $ref }) => $ref.split('/').at(-1));
        expect([name, answer.type, allowed[0]]).toEqual([name, answer.type, answer.type]);
      }
      if (name === 'SUBSCRIBE_COMMAND') other.send({ type: 'TYPING', room: 'general', typing: true });
    }
    seen.push(...(await client.fence()));

    for (const frame of seen) {
      requireValid(
        validatorOf(webSocket.components.messages[frame.type!]!.payload, webSocket.components),
        frame,
      );
    }
    expect(new Set(seen.map(({ type }) => type)).size).toBeGreaterThanOrEqual(10);
  });
});

describe('the page', () => {
  it.each(['light', 'dark'] as const)(
    'shows both without a script, and axe finds nothing, %s',
    async (scheme) => {
      const browsers = Browsers.on(stage);
      const page = await browsers.page({ colorScheme: scheme });
      const asked: string[] = [];
      page.on('request', (each) => asked.push(new URL(each.url()).origin));
      await page.goto(`${app.http}/docs`);
      expect(await page.locator('main h3').allTextContents()).toEqual(
        expect.arrayContaining(['SUBSCRIBE', 'MESSAGE', 'POST /api/rooms/{room}/messages']),
      );
      expect(await page.locator('script').count()).toBe(0);
      expect(new Set(asked)).toEqual(new Set([app.http]));
      await page.evaluate(axe.source);
      const violations = await page.evaluate<string[]>(
        'axe.run().then((all) => all.violations.map(({ id }) => id))',
      );
      expect(violations).toEqual([]);
      expect(browsers.problems).toEqual([]);
    },
  );
});
