// Lets only Prometheus read /metrics, where a token is configured.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ChatError } from '../protocol/errors.js';
import { BearerKeys } from './bearer-keys.js';
import { HttpOptions } from './http-options.js';

@Injectable()
export class MetricsGuard implements CanActivate {
  readonly #keys: BearerKeys;

  constructor({ metricsToken }: HttpOptions) {
    this.#keys = new BearerKeys(metricsToken === undefined ? [] : [metricsToken]);
  }

  /** @throws ChatError UNAUTHENTICATED when another token is shown than the one that is configured, or none */
  canActivate(context: ExecutionContext): boolean {
    if (this.#keys.none || this.#keys.shownBy(context.switchToHttp().getRequest<Request>())) return true;
    throw new ChatError('UNAUTHENTICATED', 'Show METRICS_TOKEN as a bearer token');
  }
}
