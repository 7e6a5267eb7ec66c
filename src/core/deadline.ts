// Puts a deadline on a promise.

/**
 * Settles as `promise` does, or rejects with `onExpiry()` after `ms`. The promise's own late outcome is then
 * ignored, also when it is a rejection.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, onExpiry: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(onExpiry()), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
