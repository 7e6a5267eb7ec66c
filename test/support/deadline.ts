// Deadlines for tests: nothing on the network is awaited without one.
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 20;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Resolves as `promise` does, or rejects with an error naming `what` after `timeoutMs`. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Calls `attempt` until it resolves, and resolves with its value; for states that no event announces.
 * Rejects after `timeoutMs` with the last attempt's error as its cause. A hanging attempt counts as a failed one.
 */
export async function eventually<T>(
  attempt: () => Promise<T> | T,
  timeoutMs: number,
  what: string,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await within(Promise.resolve(attempt()), Math.max(1, deadline - Date.now()), what);
    } catch (error) {
      if (Date.now() + POLL_INTERVAL_MS >= deadline) {
        throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: error });
      }
    }
    await sleep(POLL_INTERVAL_MS);
  }
}
