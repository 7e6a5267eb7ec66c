// How long the event loop was held up lately: what is asked of it then waits, whatever it is.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

const RESOLUTION_MS = 20;
const INTERVAL_MS = 1_000;
/** How far back "lately" goes. */
const INTERVALS = 5;
const NS_PER_MS = 1_000_000;

@Injectable()
export class EventLoopService implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  /** The worst of each interval, ms, oldest first. */
  #worst: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  onApplicationBootstrap(): void {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#worst = [...this.#worst, this.#current].slice(-INTERVALS);
      this.#histogram.reset();
    }, INTERVAL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  /** The longest delay within the last five seconds, ms. */
  get maxDelayMs(): number {
    return Math.round(Math.max(0, this.#current, ...this.#worst));
  }

  get #current(): number {
    return this.#histogram.max / NS_PER_MS;
  }
}
