// The environment variables that pick the broker, and say how to reach it.
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsOptional, IsUrl, Matches } from 'class-validator';
import { IsFlag, IsIntFrom, IsNatsUrl, IsReadableFile } from './variables.js';

const BROKERS = ['embedded', 'redis', 'nats'] as const;
const REDIS_URL = {
  protocols: ['redis', 'rediss'],
  require_protocol: true,
  require_tld: false,
  require_valid_protocol: true,
};

export class BrokerEnvironment {
  @IsOptional()
  @IsIn(BROKERS)
  BROKER?: (typeof BROKERS)[number];

  @IsOptional()
  @IsUrl(REDIS_URL, { message: 'REDIS_URL must be a redis:// or rediss:// URL' })
  REDIS_URL?: string;

  @IsOptional()
  @IsNotEmpty()
  REDIS_HOST?: string;

  @IsIntFrom(1, 65_535)
  REDIS_PORT = 6379;

  @IsOptional()
  @IsNotEmpty()
  REDIS_PASSWORD?: string;

  @IsOptional()
  @IsNatsUrl()
  NATS_URL?: string;

  @IsOptional()
  @IsReadableFile()
  NATS_CREDS?: string;

  @Matches(/^[A-Za-z0-9_-]{1,32}$/)
  NATS_PREFIX = 'roomcast';

  @Type(() => Number)
  @IsIn([1, 3, 5])
  NATS_REPLICAS = 1;

  @IsFlag()
  ALLOW_INSECURE_REDIS = false;

  @IsFlag()
  ALLOW_INSECURE_NATS = false;

  /** BROKER, or what follows from the servers that are named. */
  get broker(): (typeof BROKERS)[number] {
    if (this.BROKER) return this.BROKER;
    if (this.REDIS_URL ?? this.REDIS_HOST) return 'redis';
    return this.NATS_URL ? 'nats' : 'embedded';
  }

  /** REDIS_URL, or what REDIS_HOST, REDIS_PORT and REDIS_PASSWORD make. */
  get redisUrl(): string {
    if (this.REDIS_URL) return this.REDIS_URL;
    const password = this.REDIS_PASSWORD ? `:${encodeURIComponent(this.REDIS_PASSWORD)}@` : '';
    return `redis://${password}${this.REDIS_HOST ?? 'localhost'}:${this.REDIS_PORT}`;
  }

  get natsUrl(): string {
    return this.NATS_URL ?? 'nats://localhost:4222';
  }
}
