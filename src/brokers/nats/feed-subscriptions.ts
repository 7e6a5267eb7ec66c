// Which rooms this instance wants to hear, and the subscriptions that make NATS agree.
import type { Msg, Subscription } from '@nats-io/transport-node';
import { ChatError } from '../../protocol/errors.js';
import type { NatsLink } from './nats-link.js';
import type { NatsManager } from './nats-manager.js';
import { tokenOf } from './nats-names.js';

/** Links that may end, one after the other, before a subscription is confirmed. */
const MAX_TRIES = 5;

interface Feed {
  /** On the present link; undefined where there is none. */
  subscription: Subscription | undefined;
  /** Told to a caller of `add`: a later call which fails does not take it away again. */
  confirmed: boolean;
  /** Calls of `add` which are not answered yet. */
  waiting: number;
}

/**
 * A server takes the commands of a link in order, so its answer to a ping says that it knows all subscriptions sent
 * before it. An ended link forgets all, and `renew` tells the next one.
 */
export class FeedSubscriptions {
  readonly #wanted = new Map<string, Feed>();
  /** The newest, which may have ended. */
  #link: NatsLink | undefined;

  constructor(
    private readonly manager: NatsManager,
    private readonly onMessage: (room: string, message: Msg) => void,
  ) {}

  /** @throws ChatError UNAVAILABLE when NATS did not confirm in time; the room is then as it was before. */
  async add(room: string): Promise<void> {
    const feed = this.#wanted.get(room) ?? this.#begin(room);
    feed.waiting++;
    try {
      await this.manager.call(this.#confirmation());
    } finally {
      feed.waiting--;
      if (!feed.confirmed && feed.waiting === 0) setImmediate(() => this.#endUnconfirmed(room, feed));
    }
    if (this.#wanted.get(room) !== feed) throw new ChatError('UNAVAILABLE', 'Unsubscribed meanwhile');
    feed.confirmed = true;
  }

  remove(room: string): void {
    this.#wanted.get(room)?.subscription?.unsubscribe();
    this.#wanted.delete(room);
  }

  /** Tells a new link all that is wanted; resolves when the server knows it. */
  async renew(link: NatsLink): Promise<void> {
    this.#link = link;
    for (const [room, feed] of this.#wanted) feed.subscription = this.#subscribe(link, room);
    await link.confirm();
  }

  clear(): void {
    this.#wanted.clear();
    this.#link = undefined;
  }

  #begin(room: string): Feed {
    const subscription = this.#link && !this.#link.connection.isClosed() && this.#subscribe(this.#link, room);
    const feed = { subscription: subscription || undefined, confirmed: false, waiting: 0 };
    this.#wanted.set(room, feed);
    return feed;
  }

  #endUnconfirmed(room: string, feed: Feed): void {
    if (!feed.confirmed && feed.waiting === 0 && this.#wanted.get(room) === feed) this.remove(room);
  }

  #subscribe({ connection }: NatsLink, room: string): Subscription {
    const subject = this.manager.names.feedSubject(tokenOf(room));
    return connection.subscribe(subject, { callback: (_error, message) => this.onMessage(room, message) });
  }

  /** On a link that ended meanwhile, nothing is confirmed; the next one was told all. */
  async #confirmation(): Promise<void> {
    for (let tries = 1; ; tries++) {
      await this.manager.whenReady();
      try {
        return await this.manager.link.confirm();
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
      }
    }
  }
}
