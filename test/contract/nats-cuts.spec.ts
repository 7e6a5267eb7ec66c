// The NATS broker when links are cut with publishes under way: stored once, in order.
import { newNatsBroker } from '../support/nats-brokers.js';
import { NatsServer } from '../support/nats-server.js';
import { describeCuts } from './cuts.contract.js';

describeCuts('NatsBroker', {
  publishing: 'HPUB roomcast.log.',
  start: () => NatsServer.start(),
  open: (port, size) => newNatsBroker(`nats://127.0.0.1:${port}`, { size }),
});
