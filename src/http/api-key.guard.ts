// Lets only the operator's own servers use /api.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ChatError } from '../protocol/errors.js';
import { BearerKeys } from './bearer-keys.js';
import { HttpOptions } from './http-options.js';

@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #keys: BearerKeys;

  constructor({ apiKeys }: HttpOptions) {
    this.#keys = new BearerKeys(apiKeys);
  }

  /** @throws ChatError FORBIDDEN when no key is configured, UNAUTHENTICATED when none or another is shown */
  canActivate(context: ExecutionContext): boolean {
    if (this.#keys.none) throw new ChatError('FORBIDDEN', 'The API is off: no API key is configured');
    if (this.#keys.shownBy(context.switchToHttp().getRequest<Request>())) return true;
    throw new ChatError('UNAUTHENTICATED', 'Show an API key as a bearer token');
  }
}
