// Looks now and then for publishes that are overdue, for as long as any wait.
import { watchEvery } from '../core/watch.js';

const INTERVAL_MS = 100;

/** Not started and stopped with each of them: a timer for every lone message costs more than one that finds nothing. */
export class Sweeper {
  #end: (() => void) | undefined;

  /** @param sweep ends what is overdue, and tells whether anything still waits */
  constructor(private readonly sweep: () => boolean) {}

  start(): void {
    this.#end ??= watchEvery(INTERVAL_MS, () => {
      if (!this.sweep()) this.stop();
    });
  }

  stop(): void {
    this.#end?.();
    this.#end = undefined;
  }
}
