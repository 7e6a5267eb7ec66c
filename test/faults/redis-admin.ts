// What an operator, or bad luck, does to Redis by its own commands.
import { Redis } from 'ioredis';
import type { RedisServer } from '../support/redis-server.js';
import { repeatedly } from './breaking.js';

/** Sends a command `times` times, one each `everyMs`. */
export async function commandRepeatedly(
  server: RedisServer,
  times: number,
  everyMs: number,
  [name, ...args]: [string, ...string[]],
): Promise<void> {
  const redis = new Redis(server.url);
  try {
    await repeatedly(() => redis.call(name, ...args), { times, everyMs });
  } finally {
    redis.disconnect();
  }
}
