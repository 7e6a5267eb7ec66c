// Random names for what must never be guessed or met twice.
import { randomBytes, randomFillSync } from 'node:crypto';

/** 72 random bits, drawn once: publishing offers an epoch with each message, in case the room has none. */
const PROCESS_EPOCH = randomBytes(9).toString('base64url');
let epochs = 0;

/** Names the life of a room's log; never the same twice, on any instance. */
export function newEpoch(): string {
  return `${PROCESS_EPOCH}${(epochs++).toString(36)}`;
}

/** Random bytes, drawn for many ids at a time. */
const pool = Buffer.alloc(4_608);
let used = pool.length;

function drawn(byteLength: number): string {
  if (used + byteLength > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.toString('base64url', used, (used += byteLength));
}

/** 24 characters, 144 random bits. */
export function newMessageId(): string {
  return drawn(18);
}

/** `c-…`, `u-…`: 16 characters, 96 random bits, behind a prefix which tells the kind. */
export function newId(prefix: 'c' | 'u' | 'i'): string {
  return `${prefix}-${drawn(12)}`;
}
