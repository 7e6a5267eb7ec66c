// Says something to itself through the broker, each second: as long as that comes back, so does everything else.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { retryWhile } from '../core/backoff.js';
import { Broker } from '../core/broker.js';
import { newId } from '../core/ids.js';
import { Meter } from '../core/meter.js';
import type { RoomSignal } from '../core/room-signal.js';
import { canaryRoomOf } from '../protocol/room.js';
import { type SignalListener, SubscriptionService } from '../subscription/subscription.service.js';

const INTERVAL_MS = 1_000;
const SILENCE_LIMIT_MS = 3_000;

/** The way of a canary is that of all events: the broker's own, and a channel which this instance subscribed. */
@Injectable()
export class CanaryService implements SignalListener, OnApplicationBootstrap, OnModuleDestroy {
  readonly #room = canaryRoomOf(newId('i'));
  #heardAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    private readonly broker: Broker,
    private readonly subscriptions: SubscriptionService,
    private readonly meter: Meter,
  ) {
    subscriptions.listen(this);
  }

  onApplicationBootstrap(): void {
    void retryWhile(
      () => !this.#ended,
      () => this.broker.subscribe(this.#room),
    );
    this.#timer = setInterval(() => this.#send(), INTERVAL_MS).unref();
    this.#send();
  }

  onModuleDestroy(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  /** Whether one came back within the last 3 s. */
  get alive(): boolean {
    return performance.now() - this.#heardAt < SILENCE_LIMIT_MS;
  }

  onSignal(room: string, signal: RoomSignal): void {
    if (signal.type !== 'canary' || room !== this.#room) return;
    this.#heardAt = performance.now();
    this.meter.brokerRoundTripSeconds.observe((this.#heardAt - signal.sentAt) / 1_000);
  }

  #send(): void {
    // One that fails isn't heard either.
    this.subscriptions
      .signal(this.#room, { type: 'canary', sentAt: performance.now() })
      .catch(() => undefined);
  }
}
