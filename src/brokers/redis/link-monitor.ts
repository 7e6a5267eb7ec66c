// Finds Redis links that look open but are dead, by a probe which travels through both of them.
import type { Redis } from 'ioredis';
import type { BrokerLink } from '../../core/broker.js';
import { newId } from '../../core/ids.js';
import { watchEvery } from '../../core/watch.js';
import { LINK_DOUBT_MS } from '../link-timing.js';

const PROBE_INTERVAL_MS = 1_000;
/**
 * A link which is silent for so many probes is cut, so that it is made anew. Not a time: while the process was held up,
 * nothing was probed.
 */
const SILENCE_LIMIT = 4;

/** When a link last gave a sign of life, and whether it is ready. */
interface Watched {
  readonly name: string;
  readonly redis: Redis;
  heardAt: number;
  /** Probes since then. */
  unheard: number;
  /** It was given up, and does not know it yet. */
  cut: boolean;
}

/**
 * A half-open link stays "ready" for minutes by TCP's own means (ioredis issue 1615). So each second the
 * commands link publishes to a channel of this instance's own: its reply proves the commands link, its
 * arrival proves the subscriber link. A connection attempt which hangs is cut by the same clock.
 */
export class LinkMonitor {
  /** Where the probe travels; the subscriber link has to subscribe it. */
  readonly channel = `roomcast:probe:${newId('i')}`;
  readonly #commands: Watched;
  readonly #subscriber: Watched;
  #end: (() => void) | undefined;

  constructor(
    commands: Redis,
    subscriber: Redis,
    /** Called when the commands link answers. */
    private readonly onAnswer: () => void,
  ) {
    this.#commands = watch('commands', commands);
    this.#subscriber = watch('subscriber', subscriber);
    commands.on('ready', onAnswer);
  }

  links(): readonly BrokerLink[] {
    const now = performance.now();
    return [this.#commands, this.#subscriber].map(({ name, redis, heardAt, cut }) => ({
      name,
      up: redis.status === 'ready' && !cut && now - heardAt < LINK_DOUBT_MS,
    }));
  }

  start(): void {
    this.#end = watchEvery(PROBE_INTERVAL_MS, () => this.#tick());
  }

  stop(): void {
    this.#end?.();
  }

  /** Notes that the subscriber link brought something; true when it was the probe. */
  onMessage(channel: string): boolean {
    hear(this.#subscriber);
    return channel === this.channel;
  }

  #tick(): void {
    const { redis } = this.#commands;
    if (redis.status === 'ready') {
      redis.publish(this.channel, '').then(
        () => {
          hear(this.#commands);
          this.onAnswer();
        },
        () => undefined,
      );
    }
    this.#cutIfSilent(this.#commands);
    // Without a working commands link nothing is probed, and silence proves nothing.
    if (this.#commands.unheard <= 1) this.#cutIfSilent(this.#subscriber);
  }

  #cutIfSilent(link: Watched): void {
    if (++link.unheard <= SILENCE_LIMIT) return;
    if (link.redis.status === 'reconnecting' || link.redis.status === 'end') return;
    hear(link);
    link.cut = true;
    link.redis.disconnect(true);
  }
}

/** A link counts as heard whenever its state changes, so that each state has the whole limit. */
function watch(name: string, redis: Redis): Watched {
  const watched: Watched = { name, redis, heardAt: performance.now(), unheard: 0, cut: false };
  for (const state of ['connecting', 'connect', 'ready'] as const) {
    redis.on(state, () => {
      hear(watched);
      watched.cut = false;
    });
  }
  return watched;
}

function hear(link: Watched): void {
  link.heardAt = performance.now();
  link.unheard = 0;
}
