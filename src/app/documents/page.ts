// The page at /docs: both documents as one text, without a script.
import type { OpenAPIObject } from '@nestjs/swagger';
import { type AsyncApi, isCommand } from './asyncapi.js';
import { html, json, type Markup, prose } from './markup.js';
import { membersTable, memberRow } from './members-table.js';
import { nameOf, type Schema } from './schemas.js';

type Message = AsyncApi['components']['messages'][string];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
interface NamedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const METHODS = ['get', 'post', 'delete'] as const;

export function pageOf(http: OpenAPIObject, webSocket: AsyncApi): string {
  const messages = Object.values(webSocket.components.messages);
  const parts = {
    commands: messages.filter(isCommand),
    frames: messages.filter((message) => !isCommand(message)),
    operations: operationsOf(http),
  };
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Roomcast API</title>
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        ${navigation(http.info.version, parts)}
        <main>
          <h1>Roomcast API</h1>
          <p>${prose(String(webSocket.info['description']))}</p>
          <p>
            For tools: <a href="/docs/asyncapi.json">AsyncAPI</a> and
            <a href="/docs/openapi.json">OpenAPI</a>.
          </p>
          <h2>Commands</h2>
          ${parts.commands.map(messageSection)}
          <h2>Events</h2>
          ${parts.frames.map(messageSection)} ${closeCodes(webSocket['x-close-codes'] as object)}
          <h2>HTTP</h2>
          <p>${prose(http.info.description)}</p>
          ${parts.operations.map(operationSection)}
          <h2 id="types">Types</h2>
          ${typesOf(http, webSocket)}
        </main>
      </body>
    </html> `;
  return text;
}

interface Parts {
  readonly commands: readonly Message[];
  readonly frames: readonly Message[];
  readonly operations: readonly NamedOperation[];
}

function navigation(version: string, { commands, frames, operations }: Parts): Markup {
  const routes = operations.map(({ method, path }) => `${method} ${path}`);
  return html`<nav aria-label="Contents">
    <p><strong>Roomcast</strong> ${version}</p>
    ${contents(
      'Commands',
      commands.map(({ name, title }) => [name, title]),
    )}
    ${contents(
      'Events',
      frames.map(({ name }) => [name, name]),
    )}
    ${contents(
      'HTTP',
      routes.map((route) => [route, route]),
    )}
    ${contents('More', [
      ['close-codes', 'Close codes'],
      ['types', 'Types'],
    ])}
  </nav>`;
}

function closeCodes(reasons: object): Markup {
  const rows = Object.entries(reasons).map(
    ([code, reason]) =>
      html`<tr>
        <th scope="row"><code>${code}</code></th>
        <td>${String(reason)}</td>
      </tr>`,
  );
  return html`<h2 id="close-codes">Close codes</h2>
    <p>4000 to 4499: come back, with backoff and jitter. 4500 to 4999: don't, until something changes.</p>
    <table>
      ${rows}
    </table>`;
}

function typesOf(http: OpenAPIObject, webSocket: AsyncApi): Markup[] {
  const schemas = { ...http.components?.schemas, ...webSocket.components.schemas } as Record<string, Schema>;
  const sorted = Object.entries(schemas).toSorted(([a], [b]) => a.localeCompare(b));
  return sorted.map(([name, schema]) => typeSection(name, schema));
}

function contents(title: string, entries: readonly (readonly [id: string, text: string])[]): Markup {
  return html`<h2>${title}</h2>
    <ul>
      ${entries.map(([id, text]) => html`<li><a href="#${anchor(id)}">${text}</a></li>`)}
    </ul>`;
}

function anchor(name: string): string {
  return name.replaceAll(/[^\w]+/g, '-');
}

function messageSection({ name, title, summary, description, payload, examples }: Message): Markup {
  return html`<section id="${anchor(name)}">
    <h3>${title}</h3>
    <p>${prose([summary && `${summary}.`, description].filter(Boolean).join(' '))}</p>
    ${membersTable(payload)} ${examples.map((example) => json(example.payload))}
  </section>`;
}

function operationsOf({ paths }: OpenAPIObject): NamedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method: method.toUpperCase(), path, operation }] : [];
    }),
  );
}

function operationSection({ method, path, operation }: NamedOperation): Markup {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const body = contentOf(requestBody);
  const security = operation.security?.flatMap((each) => Object.keys(each)).join(', ');
  return html`<section id="${anchor(`${method} ${path}`)}">
    <h3><b>${method}</b> ${path}</h3>
    <p>${prose([summary && `${summary}.`, description].filter(Boolean).join(' '))}</p>
    ${security && html`<p><small>Bearer token: ${security}</small></p>`}
    ${
      parameters.length > 0 &&
      html`<table>
        ${parameters.map(parameterRow)}
      </table>`
    }
    ${body?.schema && membersTable(body.schema)}
    ${Object.values(body?.examples ?? {}).map(({ value }) => json(value))}
    ${Object.entries(responses).map(([status, response]) => answerOf(status, response))}
  </section>`;
}

function parameterRow(parameter: object): Markup {
  const {
    name,
    description = '',
    required = false,
    schema,
  } = parameter as Record<string, unknown> & {
    name: string;
    description?: string;
    required?: boolean;
    schema: Schema;
  };
  return memberRow(name, { ...schema, description }, required);
}

interface Content {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

function contentOf(holder: unknown): Content | undefined {
  const { content } = (holder ?? {}) as { content?: Readonly<Record<string, Content>> };
  return content && Object.values(content)[0];
}

function answerOf(status: string, response: unknown): Markup {
  const { description } = response as { description: string };
  const content = contentOf(response);
  const type = content?.schema && nameOf(content.schema);
  return html`<p class="answer">
      <b>${status}</b> ${prose(description)}${type !== undefined && html`: <a href="#${type}">${type}</a>`}
    </p>
    ${content?.example !== undefined && json(content.example)}`;
}

function typeSection(name: string, schema: Schema): Markup {
  return html`<section id="${anchor(name)}">
    <h3>${name}</h3>
    <p>
      ${prose(schema.description)}${schema.enum && schema.enum.map((each) => html`<code>${String(each)}</code> `)}
    </p>
    ${membersTable(schema)}
  </section>`;
}
