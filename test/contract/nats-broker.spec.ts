// The NATS broker passes the broker contract: two instances on a real server.
import { afterAll, beforeAll } from '@jest/globals';
import { newNatsBroker } from '../support/nats-brokers.js';
import { NatsServer } from '../support/nats-server.js';
import { describeBroker } from './broker.contract.js';

let server: NatsServer;

beforeAll(async () => {
  server = await NatsServer.start();
});

afterAll(async () => {
  await server.stop();
});

/** What is kept of a room is its stream's matter, so each size has streams of its own. */
describeBroker('NatsBroker', async ({ historySize = 1_000 }) => ({
  brokers: [1, 2].map(() =>
    newNatsBroker(server.url, { size: historySize, prefix: `rooms-of-${historySize}` }),
  ),
  teardown: async () => {},
}));
