// Serves the chat page at `/`, as it was built into web/dist.
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Injectable, Logger, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import sirv, { type RequestHandler } from 'sirv';
import { HttpOptions } from './http-options.js';

/** The same place seen from src/http and from dist/http. */
const BUILT = fileURLToPath(new URL('../../web/dist', import.meta.url));

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
  readonly #serve: RequestHandler | undefined;

  constructor({ webChat }: HttpOptions) {
    if (!webChat) return;
    if (existsSync(BUILT)) this.#serve = sirv(BUILT, { brotli: true, etag: true, setHeaders });
    else new Logger('WebPage').warn('The chat page is not served: npm run build makes it');
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (this.#serve && reads) this.#serve(request, response, next);
    else next();
  }
}

/** The names of what is in assets/ tell its content. */
function setHeaders(response: ServerResponse, path: string): void {
  const hashed = path.startsWith('/assets/');
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.setHeader('Content-Security-Policy', POLICY);
}
