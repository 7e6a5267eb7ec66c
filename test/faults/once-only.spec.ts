// Once-only under faults: cut replies, retries over all instances, a crash before the acknowledgement.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually } from '../support/deadline.js';
import { frameOf, RawSocket } from '../support/raw-socket.js';
import type { Frame, TestClient } from '../support/test-client.js';
import { Fleet } from './fleet.js';
import { print } from './print.js';
import { member, sendUntilStored } from './sender.js';

/** Connections that send, each so many messages at a time: what is read of one in a turn of the event loop. */
const SENDERS = 10;
const AT_ONCE = 5;
/** Messages under way at each cut. */
const PER_ROUND = SENDERS * AT_ONCE;
/** Of each round, only what went to Redis together has its reply cut. */
const REPLIES_LOST = 1_000;
const MAX_SENT = 5_000;

/** In one write, so that the instance has them in one turn; resolves when all are acknowledged. */
async function sendAtOnce(socket: RawSocket, room: string, ids: readonly string[]): Promise<void> {
  const frameFor = (id: unknown) =>
    frameOf(JSON.stringify({ type: 'SEND_MESSAGE', id, room, message: 'x', messageId: id }));
  socket.write(Buffer.concat(ids.map(frameFor)));
  const waiting = new Set<unknown>(ids);
  while (waiting.size > 0) {
    const { type, id } = await socket.next(15_000);
    if (type === 'ACK') waiting.delete(id);
    else if (type === 'ERROR') socket.write(frameFor(id));
  }
}

function send(client: TestClient, message: object): Promise<Frame> {
  return client.request({ type: 'SEND_MESSAGE', room: 'conflict', messageId: 'k', ...message });
}

describe('once-only', () => {
  let fleet: Fleet;
  let redis: Redis;
  const entries = (room: string) => redis.xlen(`{room:${room}}:log`);

  beforeAll(async () => {
    fleet = await Fleet.start(3, { env: { HISTORY_SIZE: '5000' } });
    redis = new Redis(fleet.redis.url);
  }, 60_000);

  afterAll(async () => {
    redis.disconnect();
    await fleet.stop();
  });

  it('8. command executed, reply cut: 1,000 times, and exactly as many entries as messages', async () => {
    const { app, proxy } = fleet.members[0]!;
    const senders = await Promise.all(Array.from({ length: SENDERS }, () => RawSocket.connect(app.port)));
    for (const sender of senders) sender.send({ type: 'SUBSCRIBE', room: 'cut' });
    const witness = await member(fleet.members[1]!.app.url, 'cut');
    let repliesLost = 0;
    let sent = 0;
    for (; repliesLost < REPLIES_LOST && sent < MAX_SENT; sent += PER_ROUND) {
      const before = sent;
      proxy.dropReplies(true);
      const acknowledged = senders.map((sender, nth) => {
        const ids = Array.from({ length: AT_ONCE }, (_, index) => `m${before + nth * AT_ONCE + index}`);
        return sendAtOnce(sender, 'cut', ids);
      });
      const stored = async () => expect(await entries('cut')).toBeGreaterThan(before);
      // The lost reply may be that of the server's own canary: those behind it then wait for the cut, and count for none.
      await eventually(stored, 2_000, 'some of the round are stored').catch(() => undefined);
      repliesLost += (await entries('cut')) - before;
      proxy.dropReplies(false);
      proxy.cut();
      await Promise.all(acknowledged);
    }
    expect(await entries('cut')).toBe(sent);
    expect(repliesLost).toBeGreaterThanOrEqual(REPLIES_LOST);
    const offsets: unknown[] = [];
    while (offsets.length < sent) offsets.push((await witness.next('MESSAGE', 15_000))['offset']);
    expect(offsets).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
    expect(await witness.fence()).toEqual([]);
    print('scenario 8', { sent, repliesLost, entries: sent });
    for (const sender of senders) sender.destroy();
    await witness.close();
  }, 120_000);

  it('18. 100 concurrent sends of one messageId over 3 instances: one entry, 100 identical ACKs', async () => {
    const clients = await Promise.all(
      Array.from({ length: 100 }, (_, index) => member(fleet.members[index % 3]!.app.url, 'same')),
    );
    const command = { type: 'SEND_MESSAGE', room: 'same', message: 'once', messageId: 'the-one' };
    const acks = await Promise.all(clients.map((client) => client.request(command)));
    expect(await entries('same')).toBe(1);
    expect(acks.filter(({ duplicate }) => duplicate === false)).toHaveLength(1);
    for (const { type, offset, messageId } of acks) {
      expect({ type, offset, messageId }).toEqual({ type: 'ACK', offset: 1, messageId: 'the-one' });
    }
    for (const client of clients) {
      expect((await client.next('MESSAGE'))['messageId']).toBe('the-one');
      expect(await client.fence()).toEqual([]);
      client.terminate();
    }
  }, 60_000);

  it('19. the same messageId with another content: CONFLICT, one entry', async () => {
    const clients = await Promise.all(fleet.members.map(({ app }) => member(app.url, 'conflict')));
    expect((await send(clients[0]!, { message: 'a' })).type).toBe('ACK');
    for (const client of clients) {
      expect(await send(client, { message: 'b' })).toMatchObject({ code: 'CONFLICT', retryable: false });
      expect(await send(client, { message: 'a', data: {} })).toMatchObject({ code: 'CONFLICT' });
      expect(await send(client, { message: 'a' })).toMatchObject({ type: 'ACK', offset: 1, duplicate: true });
      client.terminate();
    }
    expect(await entries('conflict')).toBe(1);
  });

  it('20. a crash between append and ACK, then a retry elsewhere: one entry', async () => {
    for (let round = 1; round <= 3; round++) {
      const victim = fleet.members[2]!;
      const other = await member(fleet.members[0]!.app.url, 'crash');
      const sender = await member(victim.app.url, 'crash');
      const message = { room: 'crash', message: 'x', messageId: `crash-${round}` };
      victim.proxy.dropReplies(true);
      sender.send({ type: 'SEND_MESSAGE', id: 1, ...message });
      await eventually(async () => expect(await entries('crash')).toBe(round), 5_000, 'stored');
      await victim.app.kill('SIGKILL');
      victim.proxy.dropReplies(false);
      expect(await sendUntilStored(other, message)).toEqual({ offset: round, duplicate: true });
      expect(await entries('crash')).toBe(round);
      expect(sender.queued.filter(({ type }) => type === 'ACK')).toEqual([]);
      other.terminate();
      await fleet.restart(victim);
    }
  }, 90_000);
});
