// Writes the documents of the API, and the page that shows them, for http/api-docs.ts to serve. Part of the build.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { DOCUMENTS } from '../../http/api-docs.js';
import { AppModule } from '../app.module.js';
import { validateEnvironment } from '../configuration.js';
import { asyncApi } from './asyncapi.js';
import { openApi } from './openapi.js';
import { pageOf } from './page.js';
import { schemasOfTypes } from './schemas.js';

const MANIFEST = new URL('../../../package.json', import.meta.url);
const STYLE = new URL('../../../src/app/documents/style.css', import.meta.url);

async function write(): Promise<void> {
  const { version } = JSON.parse(await readFile(MANIFEST, 'utf8')) as { version: string };
  const types = schemasOfTypes();
  // In preview, routes are looked at and nothing is made. The environment of the build is none of its business.
  const module = AppModule.forEnvironment(validateEnvironment({ JWT_SECRET: 'x'.repeat(64) }));
  const app = await NestFactory.create(module, { preview: true, logger: false });
  const http = openApi(app, version, types);
  const webSocket = asyncApi(version, types);
  await mkdir(DOCUMENTS, { recursive: true });
  await save('openapi.json', JSON.stringify(http, undefined, 2));
  await save('asyncapi.json', JSON.stringify(webSocket, undefined, 2));
  await save('index.html', pageOf(http, webSocket));
  await copyFile(STYLE, new URL('style.css', DOCUMENTS));
}

function save(name: string, text: string): Promise<void> {
  return writeFile(new URL(name, DOCUMENTS), text);
}

await write();
