// Lets only the operator's own servers use /api.
import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ChatError } from '../protocol/errors.js';
import { HttpOptions } from './http-options.js';

@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #digests: readonly Buffer[];

  constructor({ apiKeys }: HttpOptions) {
    this.#digests = apiKeys.map(digest);
  }

  /** @throws ChatError FORBIDDEN when no key is configured, UNAUTHENTICATED when none or another is shown */
  canActivate(context: ExecutionContext): boolean {
    if (this.#digests.length === 0)
      throw new ChatError('FORBIDDEN', 'The API is off: no API key is configured');
    const { authorization = '' } = context.switchToHttp().getRequest<Request>().headers;
    const shown = digest(/^Bearer +(.+)$/i.exec(authorization)?.[1] ?? '');
    // Every key is compared, and digests are of one length: the time tells nothing.
    const known = this.#digests.filter((key) => timingSafeEqual(key, shown)).length > 0;
    if (!known) throw new ChatError('UNAUTHENTICATED', 'Show an API key as a bearer token');
    return true;
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
