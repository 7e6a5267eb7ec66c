// Random names for what must never be guessed or met twice.
import { randomBytes, randomFillSync } from 'node:crypto';

/** 72 random bits, drawn once: publishing offers an epoch with each message, in case the room has none. */
const PROCESS_EPOCH = randomBytes(9).toString('base64url');
let epochs = 0;

/** Names the life of a room's log; never the same twice, on any instance. */
export function newEpoch(): string {
  return `${PROCESS_EPOCH}${(epochs++).toString(36)}`;
}

const MESSAGE_ID_BYTES = 18;
const pool = Buffer.alloc(256 * MESSAGE_ID_BYTES);
let used = pool.length;

/** 24 characters, 144 random bits, drawn for many at a time. */
export function newMessageId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.toString('base64url', used, (used += MESSAGE_ID_BYTES));
}

/** `c-…`, `u-…`: 16 characters, 96 random bits, behind a prefix which tells the kind. */
export function newId(prefix: 'c' | 'u' | 'i'): string {
  return `${prefix}-${randomBytes(12).toString('base64url')}`;
}
