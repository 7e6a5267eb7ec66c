// Clients that read slowly, or not at all, in a room of 1 MB/s: bounded memory, and nobody else pays.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/deadline.js';
import { RawSocket } from '../support/raw-socket.js';
import { TestClient } from '../support/test-client.js';
import { Fleet } from './fleet.js';
import { quantile } from './load.js';
import { print } from './print.js';
import { member } from './sender.js';

const ROOM = 'busy';
const MESSAGE = 'x'.repeat(10_000);
const PER_SECOND = 100;
const NON_READERS = 50;
const MIB = 1024 * 1024;

/** Sends 1 MB/s for a while; resolves with the sorted times until the others heard each message, ms. */
async function talk(
  talker: TestClient,
  listeners: readonly TestClient[],
  seconds: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < seconds * PER_SECOND; count++) {
    const sentAt = performance.now();
    talker.send({ type: 'SEND_MESSAGE', room: ROOM, message: MESSAGE });
    const heard = listeners.map(async (listener) => {
      await listener.next('MESSAGE', 15_000);
      times.push(performance.now() - sentAt);
    });
    await Promise.all(heard);
    await pause(Math.max(0, 1_000 / PER_SECOND - (performance.now() - sentAt)));
  }
  return times.toSorted((a, b) => a - b);
}

describe('slow clients', () => {
  let fleet: Fleet | undefined;

  afterEach(async () => {
    await fleet?.stop();
  });

  it('13. 50 that do not read, 1 MB/s: cut, memory within their budgets, the others undisturbed', async () => {
    fleet = await Fleet.start(1, {
      env: { SLOW_CONSUMER_TIMEOUT: '3s', SEND_BUDGET_BYTES: `${256 * 1024}` },
    });
    const { app } = fleet.members[0]!;
    const talker = await member(app.url, ROOM);
    const listeners = [talker, ...(await Promise.all([0, 1, 2, 3].map(() => member(app.url, ROOM))))];
    await talk(talker, listeners, 2);
    const alone = await talk(talker, listeners, 4);
    const before = await app.residentBytes();
    const deaf = await Promise.all(
      Array.from({ length: NON_READERS }, async () => {
        const socket = await RawSocket.connect(app.port);
        socket.send({ type: 'SUBSCRIBE', room: ROOM });
        socket.pause();
        return socket;
      }),
    );
    let peak = before;
    const sampler = setInterval(() => {
      void app.residentBytes().then((bytes) => (peak = Math.max(peak, bytes)));
    }, 100);
    const together = await talk(talker, listeners, 6);
    await eventually(
      async () => expect(await app.health()).toMatchObject({ connections: listeners.length }),
      20_000,
      'those who do not read are cut',
    );
    clearInterval(sampler);
    print('scenario 13', {
      memoryGrowthMiB: Math.round((peak - before) / MIB),
      p99Alone: quantile(alone, 0.99),
      p99Together: quantile(together, 0.99),
    });
    expect(peak - before).toBeLessThan(100 * MIB);
    for (const socket of deaf) socket.destroy();
    for (const listener of listeners) listener.terminate();
  }, 120_000);

  it('15. a half-open client is reaped', async () => {
    fleet = await Fleet.start(1, { env: { HEARTBEAT_INTERVAL: '1s', HEARTBEAT_TIMEOUT: '1s' } });
    const { app } = fleet.members[0]!;
    const live = await member(app.url, ROOM);
    const halfOpen = await RawSocket.connect(app.port);
    halfOpen.send({ type: 'SUBSCRIBE', room: ROOM });
    await eventually(
      async () => expect(await app.health()).toMatchObject({ connections: 2 }),
      5_000,
      'both are there',
    );
    halfOpen.pause();
    await eventually(
      async () => expect(await app.health()).toMatchObject({ connections: 1 }),
      20_000,
      'it is reaped',
    );
    expect((await live.request({ type: 'PING' })).type).toBe('PONG');
    halfOpen.destroy();
    live.terminate();
  }, 60_000);
});
