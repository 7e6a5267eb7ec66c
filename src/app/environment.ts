// The environment variables: what each may hold, and its default.
import { IsIn, IsNotEmpty, IsOptional, IsUrl } from 'class-validator';
import { BrokerEnvironment } from './broker-environment.js';
import { IsDuration, IsFlag, IsIntFrom, IsList, IsOriginList, IsPublicKey, IsRoomList } from './variables.js';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const MINUTE = 60_000;
const DAY = 86_400_000;
const MIB = 1024 * 1024;

export class Environment extends BrokerEnvironment {
  @IsOptional()
  NODE_ENV?: string;

  @IsIntFrom(0, 65_535)
  PORT = 8080;

  @IsNotEmpty()
  HOST = '0.0.0.0';

  @IsIn(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  @IsOptional()
  @IsIn(['json', 'pretty'])
  LOG_FORMAT?: 'json' | 'pretty';

  @IsDuration(0, 10 * MINUTE)
  SHUTDOWN_GRACE = 25_000;

  @IsOptional()
  @IsDuration(0, 10 * MINUTE)
  DRAIN_DELAY?: number;

  @IsOptional()
  @IsDuration(0, 10 * MINUTE)
  DRAIN_WINDOW?: number;

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

  @IsFlag()
  DIRECT_IO = true;

  @IsFlag()
  NATIVE_SEND_LOOP = true;

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

  get production(): boolean {
    return this.NODE_ENV === 'production';
  }

  get logFormat(): 'json' | 'pretty' {
    return this.LOG_FORMAT ?? (this.production ? 'json' : 'pretty');
  }
}
