// Gives each floor the part of the environment that concerns it, and what all floors share.
import { randomBytes } from 'node:crypto';
import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { AuthOptions } from '../auth/auth-options.js';
import { HistoryOptions } from '../brokers/history-options.js';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { Meter } from '../core/meter.js';
import { Permissions } from '../core/permissions.js';
import { Revocations } from '../core/revocations.js';
import { AdmissionOptions } from '../gateway/admission-options.js';
import { GatewayOptions } from '../gateway/gateway-options.js';
import { HttpOptions } from '../http/http-options.js';
import { PresenceOptions } from '../rooms/presence-options.js';
import { RoomOptions } from '../rooms/room-options.js';
import { SubscriptionOptions } from '../subscription/subscription-options.js';
import type { Environment } from './environment.js';

function gatewayOptions(environment: Environment): GatewayOptions {
  return {
    maxFrameBytes: environment.MAX_FRAME_BYTES,
    maxRooms: environment.MAX_ROOMS,
    authTimeoutMs: environment.AUTH_TIMEOUT,
    commandRate: { perSecond: environment.COMMANDS_PER_SECOND, burst: environment.COMMANDS_BURST },
    joinRate: { perSecond: environment.JOINS_PER_SECOND, burst: environment.JOINS_BURST },
    heartbeatMs: environment.HEARTBEAT_INTERVAL,
    heartbeatTimeoutMs: environment.HEARTBEAT_TIMEOUT,
    directIo: environment.DIRECT_IO,
    nativeSendLoop: environment.NATIVE_SEND_LOOP,
    sendBudgetBytes: environment.SEND_BUDGET_BYTES,
    slowConsumerMs: environment.SLOW_CONSUMER_TIMEOUT,
    shutdownGraceMs: environment.SHUTDOWN_GRACE,
    drainDelayMs: environment.DRAIN_DELAY ?? (environment.production ? 3_000 : 0),
    drainWindowMs: environment.DRAIN_WINDOW ?? (environment.production ? 8_000 : 0),
  };
}

function admissionOptions(environment: Environment): AdmissionOptions {
  return {
    allowedOrigins: environment.ALLOWED_ORIGINS,
    allowLoopbackOrigins: !environment.production,
    queryToken: environment.AUTH_QUERY_TOKEN ?? !environment.production,
    trustedProxyHops: environment.TRUSTED_PROXY_HOPS,
    maxConnections: environment.MAX_CONNECTIONS,
    maxConnectionsPerUser: environment.MAX_CONNECTIONS_PER_USER,
    maxConnectionsPerAddress: environment.MAX_CONNECTIONS_PER_ADDRESS,
    maxHandshakesPerMinute: environment.MAX_HANDSHAKES_PER_MINUTE,
  };
}

function authOptions(environment: Environment): AuthOptions {
  return {
    mode: environment.AUTH_MODE,
    secret: environment.JWT_SECRET ?? developmentSecret(environment),
    publicKey: environment.JWT_PUBLIC_KEY,
    jwksUrl: environment.JWT_JWKS_URL,
    issuer: environment.JWT_ISSUER,
    audience: environment.JWT_AUDIENCE,
    bearerTokens: environment.BEARER_TOKENS,
    guests: environment.AUTH_GUESTS,
    guestTtlMs: environment.GUEST_TOKEN_TTL,
    defaultPermissions: environment.ROOMS_DEFAULT === 'open' ? Permissions.OPEN : Permissions.NONE,
  };
}

/** In production a missing secret stops the start, or nothing needs it. */
function developmentSecret({ production, AUTH_GUESTS }: Environment): string | undefined {
  if (production || !AUTH_GUESTS) return undefined;
  new Logger('Configuration').warn(
    'JWT_SECRET is not set: guest tokens are valid on this instance, until it ends',
  );
  return randomBytes(48).toString('base64');
}

function httpOptions(environment: Environment): HttpOptions {
  return {
    apiKeys: environment.API_KEYS,
    metricsToken: environment.METRICS_TOKEN,
    requestsPerMinute: environment.MAX_REQUESTS_PER_MINUTE,
    trustedProxyHops: environment.TRUSTED_PROXY_HOPS,
    webChat: environment.WEB_CHAT,
    webRooms: environment.WEB_CHAT ? environment.WEB_ROOMS : [],
  };
}

function roomOptions(environment: Environment): RoomOptions {
  return {
    maxMessageBytes: environment.MAX_MESSAGE_BYTES,
    maxRooms: environment.MAX_ROOMS,
    maxPageBytes: environment.SEND_BUDGET_BYTES,
    idempotencyTtlMs: environment.IDEMPOTENCY_TTL,
  };
}

function presenceOptions(environment: Environment): PresenceOptions {
  return {
    leaseMs: environment.PRESENCE_LEASE,
    graceMs: environment.PRESENCE_GRACE,
    summarySize: environment.PRESENCE_SUMMARY_SIZE,
    countSize: environment.PRESENCE_COUNT_SIZE,
  };
}

function subscriptionOptions(environment: Environment): SubscriptionOptions {
  return {
    tailSize: environment.TAIL_SIZE,
    maxTailSize: Math.max(environment.TAIL_SIZE, environment.HISTORY_SIZE),
    tailBudgetBytes: environment.TAIL_MAX_BYTES,
    lingerMs: environment.UNSUBSCRIBE_LINGER,
    headCheckIntervalMs: environment.HEAD_CHECK_INTERVAL,
  };
}

function historyOptions(environment: Environment): HistoryOptions {
  return {
    size: environment.HISTORY_SIZE,
    ttlMs: environment.HISTORY_TTL,
    maxBytes: environment.EMBEDDED_MAX_BYTES,
  };
}

@Global()
@Module({})
export class OptionsModule {
  static forEnvironment(environment: Environment): DynamicModule {
    const providers = [
      { provide: AdmissionOptions, useValue: admissionOptions(environment) },
      { provide: AuthOptions, useValue: authOptions(environment) },
      { provide: GatewayOptions, useValue: gatewayOptions(environment) },
      { provide: HistoryOptions, useValue: historyOptions(environment) },
      { provide: HttpOptions, useValue: httpOptions(environment) },
      { provide: PresenceOptions, useValue: presenceOptions(environment) },
      { provide: RoomOptions, useValue: roomOptions(environment) },
      { provide: SubscriptionOptions, useValue: subscriptionOptions(environment) },
      { provide: ConnectionRegistry, useValue: new ConnectionRegistry() },
      { provide: Meter, useValue: new Meter() },
      { provide: Revocations, useValue: new Revocations() },
    ];
    return { module: OptionsModule, providers, exports: providers };
  }
}
