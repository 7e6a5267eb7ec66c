// Random names for what must never be guessed or met twice.
import { randomBytes, randomUUID } from 'node:crypto';

/** Names the life of a room's log: 12 characters, 72 random bits. */
export function newEpoch(): string {
  return randomBytes(9).toString('base64url');
}

export function newMessageId(): string {
  return randomUUID();
}

/** `c-…`, `u-…`: 16 characters, 96 random bits, behind a prefix which tells the kind. */
export function newId(prefix: 'c' | 'u' | 'i'): string {
  return `${prefix}-${randomBytes(12).toString('base64url')}`;
}
