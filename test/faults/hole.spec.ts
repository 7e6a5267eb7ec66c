// The hole which resubscribing leaves: real without the repair, closed with it, in one run over the same feed.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Meter } from '../../src/core/meter.js';
import { RedisBroker } from '../../src/brokers/redis/redis.broker.js';
import { RedisManager } from '../../src/brokers/redis/redis-manager.js';
import type { BrokerSink } from '../../src/core/broker.js';
import type { Publication } from '../../src/protocol/position.js';
import { SubscriptionService } from '../../src/subscription/subscription.service.js';
import { eventually } from '../support/deadline.js';
import { FakeConnection } from '../support/fake-connection.js';
import { RedisServer } from '../support/redis-server.js';
import { print } from './print.js';

const ROOM = 'hole';
const MESSAGES = 3_000;
const HISTORY = { size: 10_000, ttlMs: 60_000, maxBytes: 1 };

function openBroker(url: string): RedisBroker {
  return new RedisBroker(new RedisManager({ url, directIo: true }), HISTORY);
}

/** Publishes while the subscriber links are killed over and over. */
async function publishUnderFire(broker: RedisBroker, admin: Redis): Promise<void> {
  for (let count = 1; count <= MESSAGES; count++) {
    const draft = { messageId: `m${count}`, body: Buffer.from(`{"messageId":"m${count}"}`), fingerprint: '' };
    await broker.publish(ROOM, { ...draft, rememberMs: 60_000 });
    if (count % 300 === 0) await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  }
}

describe('resubscribing', () => {
  let redis: RedisServer;
  let admin: Redis;

  beforeAll(async () => {
    redis = await RedisServer.start();
    admin = new Redis(redis.url);
  });

  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  it('6. loses messages by itself, and none with the repair', async () => {
    const bare: number[] = [];
    const publisher = openBroker(redis.url);
    const bareBroker = openBroker(redis.url);
    const sink: BrokerSink = {
      onPublication: (_room: string, publication: Publication) => void bare.push(publication.offset),
      onSignal: () => undefined,
      onInterrupted: () => undefined,
    };
    publisher.start({ ...sink, onPublication: () => undefined });
    bareBroker.start(sink);
    const service = new SubscriptionService(
      openBroker(redis.url),
      {
        tailSize: 100,
        maxTailSize: 1_000,
        tailBudgetBytes: 10_000_000,
        lingerMs: 1,
        headCheckIntervalMs: 60_000,
      },
      new Meter(),
    );
    service.onApplicationBootstrap();
    await eventually(() => bareBroker.subscribe(ROOM), 10_000, 'the bare feed is subscribed');
    const connection = new FakeConnection();
    const joined = await eventually(() => service.join(connection, ROOM, {}), 10_000, 'the member joins');
    joined.start();
    await publishUnderFire(publisher, admin);
    await eventually(
      () => expect(connection.frames.at(-1)?.['offset']).toBe(MESSAGES),
      15_000,
      'the last message arrives',
    );
    const repaired = connection.frames.map(({ offset }) => offset);
    print('scenario 6: without repair', { lost: MESSAGES - new Set(bare).size, of: MESSAGES });
    print('scenario 6: with repair', { lost: MESSAGES - new Set(repaired).size, of: MESSAGES });
    expect(new Set(bare).size).toBeLessThan(MESSAGES);
    expect(repaired).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
    await service.onApplicationShutdown();
    await bareBroker.close();
    await publisher.close();
  }, 60_000);
});
