// How to reach Redis.

export abstract class RedisOptions {
  /** `redis://` or `rediss://`, with user, password and database as needed. */
  abstract readonly url: string;
}
