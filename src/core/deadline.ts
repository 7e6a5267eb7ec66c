// Puts a deadline on a promise.

/**
 * Settles as `promise` does, or rejects with `onExpiry()` after `ms`. The promise's own late outcome is then
 * ignored, also when it is a rejection.
 *
 * After a time in which the process did nothing, Node runs timers before it reads sockets. An answer that has come
 * counts, so what is overdue has one more poll phase.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, onExpiry: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let lastCall: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      lastCall = setImmediate(() => reject(onExpiry()));
    }, ms);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      clearImmediate(lastCall);
    });
  });
}
