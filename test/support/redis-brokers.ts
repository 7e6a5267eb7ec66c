// Redis brokers as the application builds them, against the servers of the tests.
import { Logger } from '@nestjs/common';
import { RedisBroker } from '../../src/brokers/redis/redis.broker.js';
import { RedisManager } from '../../src/brokers/redis/redis-manager.js';

const HISTORY = { size: 1_000, ttlMs: 3_600_000, maxBytes: 0 };

type RedisHistory = typeof HISTORY;

/** Not started. It doesn't log: cut links and foreign payloads are what these tests are about. */
export function newRedisBroker(
  url: string,
  history: Partial<RedisHistory> = {},
  directIo = true,
): RedisBroker {
  Logger.overrideLogger(false);
  return new RedisBroker(new RedisManager({ url, directIo }), { ...HISTORY, ...history });
}
