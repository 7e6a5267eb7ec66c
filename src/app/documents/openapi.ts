// The OpenAPI document of the HTTP API: routes as Nest has them, and what routes.ts says of each.
import { applyDecorators, type INestApplication } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExcludeController,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
  ApiTags,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { ChatController } from '../../http/chat.controller.js';
import { STATUS } from '../../http/error.filter.js';
import { UpgradeRequiredController } from '../../http/upgrade-required.controller.js';
import { ROOM_ID } from '../../protocol/room.js';
import { errorExample, type HttpErrorCode } from './error-examples.js';
import { type Answer, type Route, ROUTES } from './routes.js';
import { referenceTo, referredTo, type Schema, schemaOfClass } from './schemas.js';

/** The page's own, and the answer to who takes a WebSocket's path for a page. */
const NOT_FOR_OTHERS = [ChatController, UpgradeRequiredController];
const PARAMETERS: Readonly<Record<string, { description: string; schema: Schema; example: string }>> = {
  room: {
    description: "The room's id",
    schema: { type: 'string', pattern: ROOM_ID.source },
    example: 'general',
  },
  id: { description: "The user's id", schema: { type: 'string', maxLength: 128 }, example: 'u-eve' },
};
const SECURITY = {
  apiKey: 'One of `API_KEYS`.',
  guest: "A guest's token, to get a new one for the same user.",
  metrics: '`METRICS_TOKEN`, where one is set.',
};

/** Without a token, they serve as well. */
const MAY_BE_LEFT_OUT: ReadonlySet<keyof typeof SECURITY> = new Set(['guest', 'metrics']);

type Types = Readonly<Record<string, Schema>>;
type SwaggerSchema = NonNullable<Parameters<typeof ApiBody>[0]> extends { schema: infer S } ? S : never;

/**
 * The controllers know nothing of their description, so that a server does not load the means for it.
 *
 * @param types `schemasOfTypes()`
 */
export function openApi(app: INestApplication, version: string, types: Types): OpenAPIObject {
  for (const controller of NOT_FOR_OTHERS) ApiExcludeController(true)(controller);
  for (const { controller, routes } of ROUTES) {
    for (const [name, route] of Object.entries(routes)) {
      const prototype = controller.prototype as object;
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      describeRoute(route, types)(prototype, name, descriptor!);
    }
  }
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Roomcast over HTTP')
    .setDescription('What backends and operators ask of Roomcast, and guests before they connect.')
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('http://localhost:8080');
  for (const [name, description] of Object.entries(SECURITY)) {
    builder.addBearerAuth({ type: 'http', scheme: 'bearer', description }, name);
  }
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (_controller, method) => method,
    autoTagControllers: false,
  });
  describeParameters(document.paths);
  const schemas = referredTo(document.paths, types) as NonNullable<OpenAPIObject['components']>['schemas'];
  return { ...document, components: { ...document.components, schemas: schemas! } };
}

function describeRoute(route: Route, types: Types): MethodDecorator {
  const { summary, description, auth, body, query, queryExample = {} } = route;
  const decorators: MethodDecorator[] = [
    ApiTags(route.tag),
    ApiOperation({ summary, ...(description === undefined ? {} : { description }) }),
    ...route.answers.map(describeAnswer),
    ...describeErrors(route.errors),
  ];
  if (auth) decorators.push(ApiBearerAuth(auth));
  // One of both is enough, and the second asks for nothing.
  if (auth && MAY_BE_LEFT_OUT.has(auth)) decorators.push(ApiSecurity({}));
  if (query) decorators.push(...describeQuery(schemaOfClass(query, types[query.name]), queryExample));
  if (body) decorators.push(describeBody(schemaOfClass(body, types[body.name]), route.examples ?? {}));
  return applyDecorators(...decorators);
}

function describeBody(schema: Schema, examples: Readonly<Record<string, unknown>>): MethodDecorator {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }]);
  const shown = Object.fromEntries(named) as Record<string, { value: unknown }>;
  return ApiBody({ required: true, schema: schema as SwaggerSchema, examples: shown });
}

function describeQuery(
  { properties = {} }: Schema,
  examples: Readonly<Record<string, number | string>>,
): MethodDecorator[] {
  return Object.entries(properties).map(([name, { description = '', ...rest }]) => {
    const schema = examples[name] === undefined ? rest : { ...rest, examples: [examples[name]] };
    return ApiQuery({ name, description, required: false, schema: schema as SwaggerSchema });
  });
}

function describeAnswer({ status, description, type, example, mediaType }: Answer): MethodDecorator {
  if (type === undefined && mediaType === undefined) return ApiResponse({ status, description });
  const schema = (type === undefined ? { type: 'string' } : referenceTo(type)) as SwaggerSchema;
  const content = { schema, ...(example === undefined ? {} : { example }) };
  return ApiResponse({ status, description, content: { [mediaType ?? 'application/json']: content } });
}

/** Errors with the same status are one answer. */
function describeErrors(codes: readonly HttpErrorCode[]): MethodDecorator[] {
  const statuses = [...new Set(codes.map((code) => STATUS[code]))];
  return statuses.map((status) => {
    const names = codes.filter((code) => STATUS[code] === status);
    const schema = referenceTo('ErrorAnswer') as SwaggerSchema;
    const named = names.map((name) => [name, { value: errorExample(name) }]);
    const examples = Object.fromEntries(named) as Record<string, { value: unknown }>;
    const content = { 'application/json': { schema, examples } };
    return ApiResponse({ status, description: names.map((name) => `\`${name}\``).join(', '), content });
  });
}

/** Nest knows the parameters of a path by their names alone. */
function describeParameters(paths: OpenAPIObject['paths']): void {
  const operations = Object.values(paths).flatMap(({ get, post, delete: del }) => [get, post, del]);
  for (const parameter of operations.flatMap((operation) => operation?.parameters ?? [])) {
    if ('in' in parameter && parameter.in === 'path') Object.assign(parameter, PARAMETERS[parameter.name]);
  }
}
