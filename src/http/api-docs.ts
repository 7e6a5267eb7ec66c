// Serves the documents of the API at /docs, as the build has written them.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Injectable, Logger, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import sirv, { type RequestHandler } from 'sirv';

/** The folder which is served, the same place seen from src/http and from dist/http. */
export const DOCUMENTS = new URL('../../dist/documents/', import.meta.url);

/** The page is text with a style of its own, and runs nothing. */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

@Injectable()
export class ApiDocs implements NestMiddleware<Request, Response> {
  readonly #serve: RequestHandler | undefined;

  constructor() {
    const folder = fileURLToPath(DOCUMENTS);
    if (existsSync(folder)) {
      this.#serve = sirv(folder, {
        etag: true,
        setHeaders: (response) => response.setHeader('Content-Security-Policy', POLICY),
      });
    } else new Logger('ApiDocs').warn('/docs is not served: npm run build makes it');
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (this.#serve && reads) this.#serve(request, response, next);
    else next();
  }
}
