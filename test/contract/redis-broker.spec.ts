// The Redis broker passes the broker contract: two instances on a real server, one reading its links past Node's streams.
import { afterAll, beforeAll } from '@jest/globals';
import { newRedisBroker } from '../support/redis-brokers.js';
import { RedisServer } from '../support/redis-server.js';
import { describeBroker } from './broker.contract.js';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(async () => {
  await server.stop();
});

describeBroker('RedisBroker', async ({ historySize = 1_000 }) => ({
  brokers: [true, false].map((directIo) => newRedisBroker(server.url, { size: historySize }, directIo)),
  teardown: async () => {},
}));
