// Serves the documents of the API at /docs, as the build has written them.
import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { StaticFolder } from './static-folder.js';

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
  readonly #folder = new StaticFolder(ApiDocs.name, DOCUMENTS, {
    setHeaders: (response) => response.setHeader('Content-Security-Policy', POLICY),
  });

  use(request: Request, response: Response, next: NextFunction): void {
    this.#folder.serve(request, response, next);
  }
}
