// The presence store on NATS passes the presence contract: two instances on a real server.
import { afterAll, beforeAll } from '@jest/globals';
import { natsPresence } from '../support/nats-presence.js';
import { NatsServer } from '../support/nats-server.js';
import { describePresenceStore } from './presence-store.contract.js';

let server: NatsServer;

beforeAll(async () => {
  server = await NatsServer.start();
});

afterAll(async () => {
  await server.stop();
});

describePresenceStore('NatsPresence', () => natsPresence(server));
