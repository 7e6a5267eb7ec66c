// What the Redis broker keeps in Redis: foreign payloads, a full memory, hash slots, lifetimes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import type { Broker } from '../../src/core/broker.js';
import { untilServing } from '../support/broker-pair.js';
import { eventually } from '../support/deadline.js';
import { brokenLinks, draftOf, draftsOf, idsOf, linesOf, newRoom } from '../support/drafts.js';
import { freePort } from '../support/free-port.js';
import { OwnedProcess } from '../support/owned-process.js';
import { RecordingSink } from '../support/recording-sink.js';
import { newRedisBroker } from '../support/redis-brokers.js';
import { RedisServer, type RedisServerOptions } from '../support/redis-server.js';

const TIMEOUT_MS = 15_000;
const TTL_MS = 3_600_000;
const REMEMBER_MS = 600_000;

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(url: string): Promise<{ broker: Broker; sink: RecordingSink; direct: Redis }> {
  const broker = newRedisBroker(url, { ttlMs: TTL_MS, size: 10_000 });
  const sink = new RecordingSink();
  const direct = new Redis(url);
  cleanups.push(
    () => broker.close(),
    () => direct.disconnect(),
  );
  broker.start(sink);
  await untilServing(broker);
  return { broker, sink, direct };
}

async function openServer(options: RedisServerOptions = {}): Promise<Awaited<ReturnType<typeof open>>> {
  const server = await RedisServer.start(options);
  cleanups.push(() => server.stop());
  return open(server.url);
}

describe('a payload of somebody else on a room channel', () => {
  it('is dropped, and does no harm to what comes before and after it', async () => {
    const { broker, sink, direct } = await openServer();
    const room = newRoom();
    await broker.subscribe(room);
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const almost = fc
      .constantFrom('-1', '0', '1.5', 'NaN', '', 'x', '9'.repeat(20), '1e400', 'Infinity')
      .map((offset) => Buffer.from(['pepoch', offset, 'before', 'id', '{}'].join('\n')));
    const cutShort = fc.nat({ max: 12 }).map((end) => Buffer.from('pepoch\n1\na\n').subarray(0, end));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(bytes, almost, cutShort), { maxLength: 10 }), async (payloads) => {
        // What begins with an s is a signal, whoever sent it.
        const foreign = payloads.filter((payload) => payload[0] !== 's'.charCodeAt(0));
        const before = sink.publications(room).length;
        for (const payload of foreign) await direct.publish(`room:${room}`, payload);
        const draft = draftOf('one of ours');
        await broker.publish(room, draft);
        await sink.delivered(room, draft.messageId);
        expect(sink.messageIds(room).slice(before)).toEqual([draft.messageId]);
      }),
      { numRuns: 100 },
    );
    expect(brokenLinks(sink.publications(room))).toEqual([]);
    expect(sink.signals(room)).toEqual([]);
  });
});

describe('a Redis whose memory is full', () => {
  it('makes publishes UNAVAILABLE, acknowledges nothing it did not store, and recovers', async () => {
    const { broker, sink, direct } = await openServer({ maxmemory: '6mb' });
    expect(await direct.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    const room = newRoom();
    await broker.subscribe(room);
    const text = 'x'.repeat(20_000);
    const acknowledged: string[] = [];
    const refused: string[] = [];
    while (refused.length === 0) {
      const drafts = Array.from({ length: 40 }, () => draftOf(text));
      const outcomes = await Promise.allSettled(drafts.map((draft) => broker.publish(room, draft)));
      for (const [index, outcome] of outcomes.entries()) {
        const { messageId } = drafts[index]!;
        if (outcome.status === 'fulfilled') acknowledged.push(messageId);
        else refused.push((outcome.reason as { code: string }).code);
      }
    }
    expect(new Set(refused)).toEqual(new Set(['UNAVAILABLE']));

    await direct.config('SET', 'maxmemory', '100mb');
    const draft = draftOf('there is room again');
    await eventually(() => broker.publish(room, draft), TIMEOUT_MS, 'a publish succeeds');
    const { publications } = await broker.history(room, { from: 'newest', limit: 10_000 });
    expect(idsOf(publications)).toEqual([...acknowledged, draft.messageId]);
    expect(brokenLinks(publications)).toEqual([]);
    await sink.delivered(room, draft.messageId);
    expect(linesOf(sink.publications(room))).toEqual(linesOf(publications));
  });
});

describe('the keys of a room', () => {
  it('have a lifetime, all of them: no room is kept for ever', async () => {
    const { broker, direct } = await openServer();
    const [used, empty, read] = [newRoom(), newRoom(), newRoom()];
    for (const draft of draftsOf(3)) await broker.publish(used, draft);
    await broker.heads([empty, used]);
    await broker.history(read, { from: 'newest', limit: 10 });
    await broker.publish(empty, draftOf('not empty any more'));
    await broker.heads([empty]);

    const keys = await direct.keys('*');
    const lifetimes = await Promise.all(keys.map((key) => direct.pttl(key)));
    expect(lifetimes.filter((ttl) => ttl <= 0)).toEqual([]);
    expect(keys.filter((key) => key.includes(used))).toHaveLength(5);
    for (const [index, key] of keys.entries()) {
      expect(lifetimes[index]).toBeLessThanOrEqual(key.includes(':id:') ? REMEMBER_MS : 4 * TTL_MS);
    }
    // The epoch outlives the log: an expired log shows as such, not as a new room.
    const ttlOf = (suffix: string): Promise<number> => direct.pttl(`{room:${used}}:${suffix}`);
    expect(await ttlOf('meta')).toBeGreaterThan(await ttlOf('log'));
  });

  it('lie in the hash slot of its channel, so that scripts work on a cluster', async () => {
    const { broker, sink, direct } = await openClusterNode();
    const rooms = [newRoom(), 'a', 'x:y@z._-'];
    const draft = draftOf('text', { messageId: 'an id {with} braces' });
    for (const room of rooms) {
      await broker.subscribe(room);
      await broker.publish(room, draft);
      expect((await broker.history(room, { from: 'newest', limit: 1 })).publications).toHaveLength(1);
      await sink.delivered(room, draft.messageId);
      const keys = (await direct.keys('*')).filter((key) => key.startsWith(`{room:${room}}`));
      const slots = await Promise.all([`room:${room}`, ...keys].map((key) => direct.cluster('KEYSLOT', key)));
      expect(keys).toHaveLength(3);
      expect(new Set(slots).size).toBe(1);
    }
  });
});

/** A server in cluster mode which owns all slots: it refuses scripts whose keys lie in several. */
async function openClusterNode(): ReturnType<typeof open> {
  const dir = await mkdtemp(join(tmpdir(), 'roomcast-cluster-'));
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  const [port, busPort] = [await freePort(), await freePort()];
  const settings = {
    port,
    bind: '127.0.0.1',
    dir,
    save: '',
    'cluster-enabled': 'yes',
    'cluster-port': busPort,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const node = await OwnedProcess.spawn('redis-server', args);
  cleanups.push(() => node.stop());
  await node.line(/Ready to accept connections/, TIMEOUT_MS);
  const url = `redis://127.0.0.1:${port}`;
  const setup = new Redis(url);
  cleanups.push(() => setup.disconnect());
  await setup.cluster('ADDSLOTSRANGE', 0, 16_383);
  const serving = async (): Promise<void> =>
    expect(await setup.cluster('INFO')).toContain('cluster_state:ok');
  await eventually(serving, TIMEOUT_MS, 'the cluster serves');
  return open(url);
}
