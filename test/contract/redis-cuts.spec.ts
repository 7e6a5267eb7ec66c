// The Redis broker when links are cut, scripts forgotten, or reads too many: publishes are stored once, in order, in time.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Broker } from '../../src/core/broker.js';
import { untilServing } from '../support/broker-pair.js';
import { draftsOf, newRoom } from '../support/drafts.js';
import { expectLog, type Outcome, publishAll } from '../support/outcomes.js';
import { RecordingSink } from '../support/recording-sink.js';
import { newRedisBroker } from '../support/redis-brokers.js';
import { RedisServer } from '../support/redis-server.js';
import { describeCuts, type Networked } from './cuts.contract.js';
import { describeReads } from './reads.contract.js';

const HISTORY_SIZE = 10_000;

const networked: Networked = {
  publishing: ':log',
  start: () => RedisServer.start(),
  open: (port, size) => newRedisBroker(`redis://127.0.0.1:${port}`, { size }),
};

describeCuts('RedisBroker', networked);
describeReads('RedisBroker', networked);

describe('scripts which Redis has forgotten', () => {
  let server: RedisServer;
  let brokers: readonly [Broker, Broker];

  beforeAll(async () => {
    server = await RedisServer.start();
    brokers = [
      newRedisBroker(server.url, { size: HISTORY_SIZE }),
      newRedisBroker(server.url, { size: HISTORY_SIZE }),
    ];
    for (const broker of brokers) broker.start(new RecordingSink());
    await Promise.all(brokers.map(untilServing));
  });

  afterAll(async () => {
    await Promise.all(brokers.map((broker) => broker.close()));
    await server.stop();
  });

  it('are loaded again under load: no error, each stored once, the order of each caller kept', async () => {
    const room = newRoom();
    const [broker, observer] = brokers;
    const direct = new Redis(server.url);
    try {
      const [mine, others]: [Promise<Outcome[]>[], Promise<Outcome[]>[]] = [[], []];
      for (let round = 0; round < 60; round++) {
        mine.push(publishAll(broker, room, draftsOf(30, 'mine')));
        others.push(publishAll(observer, room, draftsOf(30, 'other')));
        if (round % 2 === 0) await direct.script('FLUSH');
        else await new Promise((resolve) => setImmediate(resolve));
      }
      const [ours, theirs] = await Promise.all([Promise.all(mine), Promise.all(others)]);
      const outcomes = [ours.flat(), theirs.flat()] as const;
      const { publications: log } = await observer.history(room, { from: 'newest', limit: HISTORY_SIZE });
      for (const each of outcomes) {
        expect(
          each.filter(({ receipt }) => receipt === undefined).map(({ draft }) => draft.messageId),
        ).toEqual([]);
        expectLog(log, each);
      }
      expect(log).toHaveLength(3_600);
    } finally {
      direct.disconnect();
    }
  });
});
