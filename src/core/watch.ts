// Looking now and then for what has been silent for too long.

/**
 * As setInterval, but each time after the poll phase, and without keeping the process alive: after a time in which it
 * did nothing, Node runs timers before it reads sockets, and what they have brought is not silence.
 *
 * @returns what ends it
 */
export function watchEvery(ms: number, look: () => void): () => void {
  let due: NodeJS.Immediate | undefined;
  const timer = setInterval(() => {
    due = setImmediate(look);
  }, ms).unref();
  return () => {
    clearInterval(timer);
    clearImmediate(due);
  };
}
