// The Redis broker when its server or its links fail: honest errors, and everything heals by itself.
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Broker, BrokerSink } from '../../src/core/broker.js';
import { type Instance, subscribeAll, untilServing } from '../support/broker-pair.js';
import { eventually, within } from '../support/deadline.js';
import { brokenLinks, draftOf, draftsOf, idsOf, newRoom } from '../support/drafts.js';
import { freePort } from '../support/free-port.js';
import { LinkProxy } from '../support/link-proxy.js';
import { RecordingSink } from '../support/recording-sink.js';
import { newRedisBroker } from '../support/redis-brokers.js';
import { RedisServer, type RedisServerOptions } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Promised are 2 s; a busy machine may be late, a missing deadline is later still. */
const ANSWER_MS = 4_000;
/** Noticing a silent link, reconnecting and subscribing again. */
const HEALED_MS = 15_000;
const UNAVAILABLE = { name: 'ChatError', code: 'UNAVAILABLE', retryable: true };

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  cleanups.push(() => server.stop());
  return server;
}

function startBroker(port: number, sink: BrokerSink): Broker {
  const broker = newRedisBroker(`redis://127.0.0.1:${port}`);
  cleanups.push(() => broker.close());
  broker.start(sink);
  return broker;
}

async function openInstance(port: number): Promise<Instance> {
  const sink = new RecordingSink();
  const broker = startBroker(port, sink);
  await untilServing(broker);
  return { broker, sink };
}

async function publishUntilHealed(broker: Broker, room: string): Promise<void> {
  const draft = draftOf('is it back?');
  await eventually(() => broker.publish(room, draft), HEALED_MS, 'a publish succeeds again');
}

/** Fails unless a message that is published now reaches the instance, after all that it had before. */
async function expectDelivery(publisher: Broker, { sink }: Instance, room: string): Promise<void> {
  const draft = draftOf('heard again');
  await publisher.publish(room, draft);
  await sink.delivered(room, draft.messageId);
}

jest.setTimeout(60_000);

describe('while Redis is away', () => {
  it('rejects every call with UNAVAILABLE within 2 s, and publishes at once when it has been away for long', async () => {
    const server = await startRedis();
    const { broker } = await openInstance(server.port);
    const room = newRoom();
    await broker.subscribe(room);
    await server.kill();

    const calls = [
      ...draftsOf(100).map((draft) => broker.publish(room, draft)),
      broker.history(room, { from: 'newest', limit: 1 }),
      broker.heads([room]),
      broker.signal(room, Buffer.from('signal')),
      broker.subscribe(newRoom()),
    ];
    const outcomes = await within(Promise.allSettled(calls), ANSWER_MS, 'every call is settled');
    expect(outcomes).toEqual(
      calls.map(() => ({ status: 'rejected', reason: expect.objectContaining(UNAVAILABLE) })),
    );

    // It has been away for a whole deadline now, and the broker knows it: the event loop does not turn once.
    const turned = new Promise((resolve) => setImmediate(resolve, 'later'));
    const answer = broker.publish(room, draftOf('too late')).catch((error: Error) => error);
    expect(await Promise.race([answer, turned])).toMatchObject(UNAVAILABLE);
  });

  it('answers within 2 s while Redis is frozen, too, and goes on when it thaws', async () => {
    const server = await startRedis();
    const { broker } = await openInstance(server.port);
    server.pause();
    const paused = broker.publish(newRoom(), draftOf('into the void'));
    await expect(within(paused, ANSWER_MS, 'the publish is settled')).rejects.toMatchObject(UNAVAILABLE);
    server.resume();
    await publishUntilHealed(broker, newRoom());
  });

  it('starts without Redis, and connects and subscribes as soon as there is one', async () => {
    const port = await freePort();
    const sink = new RecordingSink();
    const broker = startBroker(port, sink);
    const room = newRoom();
    await expect(broker.subscribe(room)).rejects.toMatchObject(UNAVAILABLE);
    await expect(broker.publish(room, draftOf('too early'))).rejects.toMatchObject(UNAVAILABLE);

    await startRedis({ port });
    await eventually(() => broker.subscribe(room), HEALED_MS, 'the room is subscribed');
    await publishUntilHealed(broker, room);
    await expectDelivery(broker, { broker, sink }, room);
    expect(sink.messageIds(room)).toHaveLength(2);
  });
});

describe('when Redis comes back', () => {
  it('goes on after a restart: subscriptions are renewed, then the sink is told, and no publication is lost', async () => {
    const server = await startRedis({ appendonly: true, appendfsync: 'always' });
    const instances = [await openInstance(server.port), await openInstance(server.port)] as const;
    const rooms = Array.from({ length: 600 }, newRoom);
    const [room] = rooms as [string];
    for (const { broker } of instances) await Promise.all(rooms.map((each) => broker.subscribe(each)));
    const before = draftsOf(20);
    for (const draft of before) await instances[0].broker.publish(room, draft);
    for (const { sink } of instances) await sink.delivered(room, before.at(-1)!.messageId);
    const told = instances.map(({ sink }) => sink.interruptions);

    await server.restart();
    for (const [index, { sink }] of instances.entries()) {
      await sink.until(() => sink.interruptions > told[index]!, 'the sink is told', HEALED_MS);
    }
    await publishUntilHealed(instances[0].broker, newRoom());
    for (const each of rooms) {
      const draft = draftOf('after', { messageId: `after in ${each}` });
      await instances[0].broker.publish(each, draft);
    }
    for (const { sink } of instances) {
      await Promise.all(rooms.map((each) => sink.delivered(each, `after in ${each}`)));
      expect(sink.messageIds(room)).toEqual([...idsOf(before), `after in ${room}`]);
      expect(brokenLinks(sink.publications(room))).toEqual([]);
    }
  });

  it('has renewed the subscriptions by the time it tells the sink', async () => {
    const server = await startRedis();
    const proxy = await TcpProxy.start(server.port);
    cleanups.push(() => proxy.stop());
    const observer = await openInstance(server.port);
    const room = newRoom();
    const sink = new RecordingSink();
    const published: Promise<unknown>[] = [];
    // Whatever is published in the very moment of the call has to arrive.
    const publishing = Object.assign(Object.create(sink) as RecordingSink, {
      onPublication: sink.onPublication.bind(sink),
      onInterrupted: () => {
        published.push(
          observer.broker.publish(room, draftOf('now', { messageId: `now ${published.length}` })),
        );
        sink.onInterrupted();
      },
    });
    const broker = startBroker(proxy.port, publishing);
    await untilServing(broker);
    await broker.subscribe(room);
    for (let cut = 0; cut < 20; cut++) {
      const told = sink.interruptions;
      proxy.cut();
      await sink.until(() => sink.interruptions > told, 'the sink is told', HEALED_MS);
      await sink.delivered(room, `now ${published.length - 1}`);
    }
    await Promise.all(published);
    expect(published.length).toBeGreaterThanOrEqual(20);
  });
});

describe('a link that goes silent while it looks ready', () => {
  it.each(['roomcast-subscriber', 'roomcast-commands'])('is noticed and renewed: %s', async (name) => {
    const server = await startRedis();
    const proxy = await LinkProxy.start(server.port);
    cleanups.push(() => proxy.stop());
    const silenced = await openInstance(proxy.port);
    const observer = await openInstance(server.port);
    const room = newRoom();
    await subscribeAll(
      { first: silenced, second: observer, instances: [silenced, observer], close: async () => {} },
      room,
    );
    await expectDelivery(observer.broker, silenced, room);
    const told = silenced.sink.interruptions;

    expect(proxy.silence(name)).toBe(1);
    if (name === 'roomcast-subscriber') {
      await silenced.sink.until(() => silenced.sink.interruptions > told, 'the sink is told', HEALED_MS);
    }
    await publishUntilHealed(silenced.broker, room);
    await expectDelivery(observer.broker, silenced, room);
    await expectDelivery(silenced.broker, observer, room);
    expect(brokenLinks(observer.sink.publications(room))).toEqual([]);
  });

  it('may be both of them, and lets no call wait for longer than 2 s', async () => {
    const server = await startRedis();
    const proxy = await LinkProxy.start(server.port);
    cleanups.push(() => proxy.stop());
    const instance = await openInstance(proxy.port);
    const room = newRoom();
    await instance.broker.subscribe(room);
    const told = instance.sink.interruptions;

    expect(proxy.silence('roomcast-')).toBe(2);
    const lost = draftsOf(3).map((draft) => instance.broker.publish(room, draft));
    const outcomes = await within(Promise.allSettled(lost), ANSWER_MS, 'the publishes are settled');
    expect(outcomes).toEqual(
      lost.map(() => ({ status: 'rejected', reason: expect.objectContaining(UNAVAILABLE) })),
    );
    await instance.sink.until(() => instance.sink.interruptions > told, 'the sink is told', HEALED_MS);
    await publishUntilHealed(instance.broker, room);
    await expectDelivery(instance.broker, instance, room);
    expect(instance.sink.publications(room).length).toBeGreaterThanOrEqual(2);
  });
});
