// Holds each address to a rate of HTTP requests.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { addressOf } from '../core/address.js';
import { Meter } from '../core/meter.js';
import { ChatError } from '../protocol/errors.js';
import { HttpOptions } from './http-options.js';

@Injectable()
export class RateGuard implements CanActivate {
  readonly #limiter: RateLimiterMemory;

  constructor(
    private readonly options: HttpOptions,
    private readonly meter: Meter,
  ) {
    this.#limiter = new RateLimiterMemory({ points: options.requestsPerMinute, duration: 60 });
  }

  /** @throws ChatError RATE_LIMITED */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    try {
      await this.#limiter.consume(addressOf(request, this.options.trustedProxyHops));
      return true;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.meter.rateLimited.add('request');
      throw new ChatError('RATE_LIMITED', 'Too many requests', { retryAfterMs: refusal.msBeforeNext });
    }
  }
}
