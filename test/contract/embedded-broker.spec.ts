// The embedded broker passes the broker contract: one instance, whose store is its own.
import { EmbeddedBroker } from '../../src/brokers/embedded/embedded.broker.js';
import { describeBroker } from './broker.contract.js';

describeBroker('EmbeddedBroker', async ({ historySize = 1_000 }) => ({
  brokers: [new EmbeddedBroker({ size: historySize, ttlMs: 3_600_000, maxBytes: 256 * 1024 * 1024 })],
  teardown: async () => {},
}));
