// What an operator, or bad luck, does to Redis by its own commands.
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisServer } from '../support/redis-server.js';

/** Sends a command `times` times, one each `everyMs`. */
export async function repeatedly(
  server: RedisServer,
  times: number,
  everyMs: number,
  [name, ...args]: [string, ...string[]],
): Promise<void> {
  const redis = new Redis(server.url);
  try {
    for (let round = 0; round < times; round++) {
      await pause(everyMs);
      await redis.call(name, ...args);
    }
  } finally {
    redis.disconnect();
  }
}
