// Finds Redis links that look open but are dead, by a probe which travels through both of them.
import type { Redis } from 'ioredis';
import type { BrokerLink } from '../../core/broker.js';
import { newId } from '../../core/ids.js';
import { watchEvery } from '../../core/watch.js';
import { LINK_DOUBT_MS } from '../link-timing.js';

const PROBE_INTERVAL_MS = 1_000;
/** A link this long without a sign of life is cut, so that it is made anew. */
const SILENCE_LIMIT_MS = 4_000;

/** When a link last gave a sign of life, and whether it is ready. */
interface Watched {
  readonly name: string;
  readonly redis: Redis;
  heardAt: number;
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
    this.#subscriber.heardAt = performance.now();
    return channel === this.channel;
  }

  #tick(): void {
    const { redis } = this.#commands;
    if (redis.status === 'ready') {
      redis.publish(this.channel, '').then(
        () => {
          this.#commands.heardAt = performance.now();
          this.onAnswer();
        },
        () => undefined,
      );
    }
    this.#cutIfSilent(this.#commands);
    // Without a working commands link nothing is probed, and silence proves nothing.
    if (performance.now() - this.#commands.heardAt < 2 * PROBE_INTERVAL_MS)
      this.#cutIfSilent(this.#subscriber);
  }

  #cutIfSilent(link: Watched): void {
    if (performance.now() - link.heardAt < SILENCE_LIMIT_MS) return;
    if (link.redis.status === 'reconnecting' || link.redis.status === 'end') return;
    link.heardAt = performance.now();
    link.cut = true;
    link.redis.disconnect(true);
  }
}

/** A link counts as heard whenever its state changes, so that each state has the whole limit. */
function watch(name: string, redis: Redis): Watched {
  const watched: Watched = { name, redis, heardAt: performance.now(), cut: false };
  for (const state of ['connecting', 'connect', 'ready'] as const) {
    redis.on(state, () => {
      watched.heardAt = performance.now();
      watched.cut = false;
    });
  }
  return watched;
}
