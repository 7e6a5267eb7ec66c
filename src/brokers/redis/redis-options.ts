// How to reach Redis.

export abstract class RedisOptions {
  /** `redis://` or `rediss://`, with user, password and database as needed. */
  abstract readonly url: string;
  /** Whether the links are read past Node's streams where that can be. */
  abstract readonly directIo: boolean;
}
