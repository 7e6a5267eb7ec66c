// The presence store on Redis passes the presence contract: two instances on a real server.
import { afterAll, beforeAll } from '@jest/globals';
import { redisPresence } from '../support/presence-stage.js';
import { RedisServer } from '../support/redis-server.js';
import { describePresenceStore } from './presence-store.contract.js';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(async () => {
  await server.stop();
});

describePresenceStore('RedisPresence', () => redisPresence(server));
