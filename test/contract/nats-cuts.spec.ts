// The NATS broker when links are cut, or reads too many: publishes are stored once, in order, in time.
import { newNatsBroker } from '../support/nats-brokers.js';
import { NatsServer } from '../support/nats-server.js';
import { describeCuts, type Networked } from './cuts.contract.js';
import { describeReads } from './reads.contract.js';

const networked: Networked = {
  publishing: 'HPUB roomcast.log.',
  start: () => NatsServer.start(),
  open: (port, size) => newNatsBroker(`nats://127.0.0.1:${port}`, { size }),
};

describeCuts('NatsBroker', networked);
describeReads('NatsBroker', networked);
