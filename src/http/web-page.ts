// Serves the chat page at `/`, as it was built into web/dist.
import type { ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { HttpOptions } from './http-options.js';
import { StaticFolder } from './static-folder.js';

/** The same place seen from src/http and from dist/http. */
const BUILT = new URL('../../web/dist/', import.meta.url);

/**
 * The page loads its own files and talks to its own server; nothing can turn text into code or markup. No
 * `upgrade-insecure-requests`: in a local network the page is served without TLS.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

@Injectable()
export class WebPage implements NestMiddleware<Request, Response> {
  readonly #folder: StaticFolder | undefined;

  constructor({ webChat }: HttpOptions) {
    if (webChat) this.#folder = new StaticFolder(WebPage.name, BUILT, { brotli: true, setHeaders });
  }

  use(request: Request, response: Response, next: NextFunction): void {
    if (this.#folder) this.#folder.serve(request, response, next);
    else next();
  }
}

/** The names of what is in assets/ tell its content. */
function setHeaders(response: ServerResponse, path: string): void {
  const hashed = path.startsWith('/assets/');
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.setHeader('Content-Security-Policy', POLICY);
}
