// The environment variables: what each may hold, and its default.
import { IsIn, IsNotEmpty, IsOptional, IsUrl } from 'class-validator';
import { IsDuration, IsFlag, IsIntFrom, IsList, IsOriginList, IsPublicKey, IsRoomList } from './variables.js';

const BROKERS = ['embedded', 'redis'] as const;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const MINUTE = 60_000;
const DAY = 86_400_000;
const MIB = 1024 * 1024;
const REDIS_URL = {
  protocols: ['redis', 'rediss'],
  require_protocol: true,
  require_tld: false,
  require_valid_protocol: true,
};

export class Environment {
  @IsOptional()
  NODE_ENV?: string;

  @IsIntFrom(0, 65_535)
  PORT = 8080;

  @IsNotEmpty()
  HOST = '0.0.0.0';

  @IsIn(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  @IsDuration(0, 10 * MINUTE)
  SHUTDOWN_GRACE = 25_000;

  @IsOptional()
  @IsDuration(0, 10 * MINUTE)
  DRAIN_DELAY?: number;

  @IsOptional()
  @IsDuration(0, 10 * MINUTE)
  DRAIN_WINDOW?: number;

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

  @IsIn(['guest', 'token'])
  AUTH_MODE: 'guest' | 'token' = 'guest';

  @IsFlag()
  AUTH_GUESTS = true;

  @IsDuration(10_000, 30 * DAY)
  GUEST_TOKEN_TTL = 60 * MINUTE;

  @IsDuration(100, 10 * MINUTE)
  AUTH_TIMEOUT = 5_000;

  @IsOptional()
  @IsFlag()
  AUTH_QUERY_TOKEN?: boolean;

  @IsOptional()
  JWT_SECRET?: string;

  @IsOptional()
  @IsPublicKey()
  JWT_PUBLIC_KEY?: string;

  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  JWT_JWKS_URL?: string;

  @IsOptional()
  JWT_ISSUER?: string;

  @IsOptional()
  JWT_AUDIENCE?: string;

  @IsList()
  BEARER_TOKENS: string[] = [];

  @IsList()
  API_KEYS: string[] = [];

  @IsOptional()
  @IsNotEmpty()
  METRICS_TOKEN?: string;

  @IsIn(['open', 'closed'])
  ROOMS_DEFAULT: 'open' | 'closed' = 'open';

  @IsOriginList()
  ALLOWED_ORIGINS: string[] = [];

  @IsIntFrom(0, 10)
  TRUSTED_PROXY_HOPS = 0;

  @IsIntFrom(1, 10_000_000)
  MAX_CONNECTIONS = 50_000;

  @IsIntFrom(1, 10_000_000)
  MAX_CONNECTIONS_PER_USER = 100;

  @IsIntFrom(1, 10_000_000)
  MAX_CONNECTIONS_PER_ADDRESS = 5_000;

  @IsIntFrom(1, 10_000_000)
  MAX_HANDSHAKES_PER_MINUTE = 6_000;

  @IsIntFrom(1, 10_000_000)
  MAX_REQUESTS_PER_MINUTE = 6_000;

  @IsIntFrom(1, 10_000_000)
  COMMANDS_PER_SECOND = 100;

  @IsIntFrom(1, 10_000_000)
  COMMANDS_BURST = 1_000;

  @IsIntFrom(1, 10_000_000)
  JOINS_PER_SECOND = 50;

  @IsIntFrom(1, 10_000_000)
  JOINS_BURST = 500;

  @IsIntFrom(1_024, 16 * MIB)
  MAX_FRAME_BYTES = 65_536;

  @IsIntFrom(1, 16 * MIB)
  MAX_MESSAGE_BYTES = 32_768;

  @IsIntFrom(1, 100_000)
  MAX_ROOMS = 100;

  @IsIntFrom(1, 100_000)
  HISTORY_SIZE = 1_000;

  @IsDuration(1_000, 365 * DAY)
  HISTORY_TTL = 7 * DAY;

  @IsDuration(1_000, 30 * DAY)
  IDEMPOTENCY_TTL = DAY;

  @IsIntFrom(MIB, 64 * 1024 * MIB)
  EMBEDDED_MAX_BYTES = 256 * MIB;

  @IsIntFrom(65_536, 64 * MIB)
  SEND_BUDGET_BYTES = 256 * 1024;

  @IsDuration(100, 10 * MINUTE)
  SLOW_CONSUMER_TIMEOUT = 10_000;

  @IsDuration(100, 10 * MINUTE)
  HEARTBEAT_INTERVAL = 25_000;

  @IsDuration(100, 10 * MINUTE)
  HEARTBEAT_TIMEOUT = 8_000;

  @IsIntFrom(0, 10_000)
  TAIL_SIZE = 300;

  @IsIntFrom(MIB, 64 * 1024 * MIB)
  TAIL_MAX_BYTES = 128 * MIB;

  @IsDuration(0, 10 * MINUTE)
  UNSUBSCRIBE_LINGER = 1_000;

  @IsDuration(100, 10 * MINUTE)
  HEAD_CHECK_INTERVAL = 30_000;

  @IsDuration(1_000, 10 * MINUTE)
  PRESENCE_LEASE = 30_000;

  @IsDuration(0, MINUTE)
  PRESENCE_GRACE = 3_000;

  @IsIntFrom(0, 1_000_000)
  PRESENCE_SUMMARY_SIZE = 200;

  @IsIntFrom(0, 1_000_000)
  PRESENCE_COUNT_SIZE = 1_000;

  @IsFlag()
  WEB_CHAT = true;

  @IsRoomList()
  WEB_ROOMS = ['general', 'random'];

  @IsFlag()
  ALLOW_WEAK_SECRET = false;

  @IsFlag()
  ALLOW_ANY_ORIGIN = false;

  @IsFlag()
  ALLOW_INSECURE_REDIS = false;

  get production(): boolean {
    return this.NODE_ENV === 'production';
  }

  /** BROKER, or what follows from the servers that are named. */
  get broker(): (typeof BROKERS)[number] {
    return this.BROKER ?? ((this.REDIS_URL ?? this.REDIS_HOST) ? 'redis' : 'embedded');
  }

  /** REDIS_URL, or what REDIS_HOST, REDIS_PORT and REDIS_PASSWORD make. */
  get redisUrl(): string {
    if (this.REDIS_URL) return this.REDIS_URL;
    const password = this.REDIS_PASSWORD ? `:${encodeURIComponent(this.REDIS_PASSWORD)}@` : '';
    return `redis://${password}${this.REDIS_HOST ?? 'localhost'}:${this.REDIS_PORT}`;
  }
}
