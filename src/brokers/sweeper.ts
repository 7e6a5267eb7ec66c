// Looks now and then for publishes that are overdue, for as long as any wait.
const INTERVAL_MS = 100;

/** Not started and stopped with each of them: a timer for every lone message costs more than one that finds nothing. */
export class Sweeper {
  #timer: NodeJS.Timeout | undefined;

  /** @param sweep ends what is overdue, and tells whether anything still waits */
  constructor(private readonly sweep: () => boolean) {}

  start(): void {
    this.#timer ??= setInterval(() => {
      if (!this.sweep()) this.stop();
    }, INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
