// A room's feed over a scripted broker, and members who join it.
import pLimit from 'p-limit';
import { Meter } from '../../src/core/meter.js';
import type { BrokerSink } from '../../src/core/broker.js';
import type { Joined, JoinRequest } from '../../src/subscription/join.js';
import { RoomFeed } from '../../src/subscription/room-feed.js';
import type { SubscriptionOptions } from '../../src/subscription/subscription-options.js';
import { TailBudget } from '../../src/subscription/tail.js';
import { FakeConnection } from './fake-connection.js';
import { ScriptedBroker } from './scripted-broker.js';

export const ROOM = 'room';

const OPTIONS: SubscriptionOptions = {
  tailSize: 100,
  maxTailSize: 1_000,
  tailBudgetBytes: 100_000_000,
  lingerMs: 100,
  headCheckIntervalMs: 30_000,
};

export class FeedStage {
  readonly broker: ScriptedBroker;
  readonly feed: RoomFeed;
  /** How often the feed said that it is unused. */
  unused = 0;

  constructor({ historySize, ...options }: Partial<SubscriptionOptions> & { historySize?: number } = {}) {
    this.broker = new ScriptedBroker(historySize);
    const all = Object.assign({}, OPTIONS, options);
    const context = {
      broker: this.broker,
      options: all,
      budget: new TailBudget(all.tailBudgetBytes),
      repairs: pLimit(1),
      meter: new Meter(),
    };
    this.feed = new RoomFeed(ROOM, context, () => this.unused++);
    const sink: BrokerSink = {
      onPublication: (_room, publication) => this.feed.receive(publication),
      onSignal: () => undefined,
      onInterrupted: () => {
        this.feed.doubt();
        this.feed.log?.compare(this.broker.log(ROOM).head);
      },
    };
    this.broker.start(sink);
  }

  /** Stores messages with the ids m<from> … m<to>, and delivers them. */
  say(from: number, to = from): void {
    this.broker.deliver(ROOM, ...this.store(from, to));
  }

  /** Stores them, and loses them on their way. */
  store(from: number, to = from): ReturnType<ScriptedBroker['store']> {
    return this.broker.store(ROOM, ...idsOf(from, to));
  }

  async join(request: JoinRequest = {}, connection = new FakeConnection()): Promise<Member> {
    return { connection, joined: await this.feed.join(connection, request) };
  }

  /** Joins and lets the messages flow at once. */
  async member(request: JoinRequest = {}, connection = new FakeConnection()): Promise<FakeConnection> {
    const { joined } = await this.join(request, connection);
    joined.start();
    return connection;
  }
}

interface Member {
  readonly connection: FakeConnection;
  readonly joined: Joined;
}

/** m<from> … m<to>; none where it ends before it begins. */
export function idsOf(from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => `m${from + index}`);
}
