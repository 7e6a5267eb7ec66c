// Files that the build has made, and how they are served.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import sirv, { type Options, type RequestHandler } from 'sirv';

export class StaticFolder {
  readonly #serve: RequestHandler | undefined;

  /** @param name for the line of the log that says that nothing is there to be served */
  constructor(name: string, folder: URL, options: Options) {
    const path = fileURLToPath(folder);
    if (existsSync(path)) this.#serve = sirv(path, { etag: true, ...options });
    else new Logger(name).warn('There is nothing to serve: npm run build makes it');
  }

  /** Answers a request that reads, if there is such a file; otherwise, others may. */
  serve(request: Request, response: Response, next: NextFunction): void {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (this.#serve && reads) this.#serve(request, response, next);
    else next();
  }
}
