// The environment variables: what each may hold, its default, and the error that names it.
import 'reflect-metadata';
import { plainToInstance, Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsUrl, Max, Min, validateSync } from 'class-validator';

const BROKERS = ['embedded', 'redis'] as const;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `24h`, `7d`, `500ms`; a bare number is seconds. Anything else becomes NaN, which fails its check. */
function Duration(): PropertyDecorator {
  return Transform(({ value }) => {
    if (typeof value === 'number') return value;
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(String(value));
    return match ? Number(match[1]) * UNITS[match[2] ?? 's']! : Number.NaN;
  });
}

function IsDuration(min: number, max: number): PropertyDecorator {
  const message = `must be a duration such as 30s, 24h or 7d, from ${min} ms to ${max} ms`;
  return (target, name) => {
    Duration()(target, name);
    Min(min, { message: `${String(name)} ${message}` })(target, name);
    Max(max, { message: `${String(name)} ${message}` })(target, name);
  };
}

function IsIntFrom(min: number, max: number): PropertyDecorator {
  return (target, name) => {
    Type(() => Number)(target, name);
    for (const decorate of [IsInt(), Min(min), Max(max)]) decorate(target, name);
  };
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const MIB = 1024 * 1024;

export class Environment {
  @IsIntFrom(0, 65_535)
  PORT = 8080;

  @IsNotEmpty()
  HOST = '0.0.0.0';

  @IsIn(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  @IsOptional()
  @IsIn(BROKERS)
  BROKER?: (typeof BROKERS)[number];

  @IsOptional()
  @IsUrl({
    protocols: ['redis', 'rediss'],
    require_protocol: true,
    require_tld: false,
    require_valid_protocol: true,
  })
  REDIS_URL?: string;

  @IsOptional()
  @IsNotEmpty()
  REDIS_HOST?: string;

  @IsIntFrom(1, 65_535)
  REDIS_PORT = 6379;

  @IsOptional()
  @IsNotEmpty()
  REDIS_PASSWORD?: string;

  @IsIntFrom(1, 100_000)
  HISTORY_SIZE = 1_000;

  @IsDuration(1_000, 365 * DAY)
  HISTORY_TTL = 7 * DAY;

  @IsDuration(1_000, 30 * DAY)
  IDEMPOTENCY_TTL = DAY;

  @IsIntFrom(MIB, 64 * 1024 * MIB)
  EMBEDDED_MAX_BYTES = 256 * MIB;

  @IsIntFrom(1_024, 16 * MIB)
  MAX_FRAME_BYTES = 65_536;

  @IsIntFrom(1, 16 * MIB)
  MAX_MESSAGE_BYTES = 32_768;

  @IsIntFrom(1, 100_000)
  MAX_ROOMS = 100;

  @IsIntFrom(16_384, 64 * MIB)
  SEND_BUDGET_BYTES = 256 * 1024;

  @IsDuration(100, 10 * MINUTE)
  SLOW_CONSUMER_TIMEOUT = 10_000;

  @IsDuration(100, 10 * MINUTE)
  HEARTBEAT_INTERVAL = 25_000;

  @IsDuration(100, 10 * MINUTE)
  HEARTBEAT_TIMEOUT = 10_000;

  @IsIntFrom(0, 10_000)
  TAIL_SIZE = 300;

  @IsIntFrom(MIB, 64 * 1024 * MIB)
  TAIL_MAX_BYTES = 128 * MIB;

  @IsDuration(0, 10 * MINUTE)
  UNSUBSCRIBE_LINGER = 1_000;

  @IsDuration(100, 10 * MINUTE)
  HEAD_CHECK_INTERVAL = 30_000;

  @IsDuration(0, 10 * MINUTE)
  SHUTDOWN_GRACE = 10_000;

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

/**
 * Empty variables count as unset.
 *
 * @throws Error with one line per variable that is wrong, each beginning with its name
 */
export function validateEnvironment(raw: Record<string, unknown>): Environment {
  const names = new Set(Object.keys(new Environment()));
  const known = Object.entries(raw).filter(([name, value]) => names.has(name) && value !== '');
  const environment = plainToInstance(Environment, Object.fromEntries(known), { exposeDefaultValues: true });
  const problems = validateSync(environment).flatMap(({ constraints = {} }) => Object.values(constraints));
  if (problems.length > 0) throw new Error(`Invalid configuration:\n  ${problems.join('\n  ')}`);
  return environment;
}
