// How long the event loop was held up lately: what is asked of it then waits, whatever it is.
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

const INTERVAL_MS = 100;
/** How far back "lately" goes: five seconds. */
const INTERVALS = 50;

/**
 * A timer that looks how late it comes. `monitorEventLoopDelay` won't do: it passes over the first delay after each
 * `reset()`, so a standstill that begins just then is never told.
 */
@Injectable()
export class EventLoopService implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Of the latest intervals, ms; the oldest is overwritten. */
  readonly #delays = new Float64Array(INTERVALS);
  #timer: NodeJS.Timeout | undefined;

  onApplicationBootstrap(): void {
    let next = 0;
    let before = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#delays[next] = now - before - INTERVAL_MS;
      before = now;
      next = (next + 1) % INTERVALS;
    }, INTERVAL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** The longest delay within the last five seconds, ms. */
  get maxDelayMs(): number {
    return Math.round(Math.max(0, ...this.#delays));
  }
}
