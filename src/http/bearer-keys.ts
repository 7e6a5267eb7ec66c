// Keys that a request may show as its bearer token.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { bearerToken } from './bearer-token.js';

export class BearerKeys {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  get none(): boolean {
    return this.#digests.length === 0;
  }

  shownBy({ headers: { authorization } }: Pick<Request, 'headers'>): boolean {
    const shown = digest(bearerToken(authorization) ?? '');
    // Every key is compared, and digests are of one length: the time tells nothing.
    return this.#digests.filter((key) => timingSafeEqual(key, shown)).length > 0;
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
