// Gives each floor the part of the environment that concerns it, and what all floors share.
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { HistoryOptions } from '../brokers/history-options.js';
import { ConnectionRegistry } from '../core/connection-registry.js';
import { GatewayOptions } from '../gateway/gateway-options.js';
import { RoomOptions } from '../rooms/room-options.js';
import { SubscriptionOptions } from '../subscription/subscription-options.js';
import type { Environment } from './environment.js';

function optionsOf(environment: Environment): [object, object][] {
  const gateway: GatewayOptions = {
    maxFrameBytes: environment.MAX_FRAME_BYTES,
    maxRooms: environment.MAX_ROOMS,
    heartbeatMs: environment.HEARTBEAT_INTERVAL,
    heartbeatTimeoutMs: environment.HEARTBEAT_TIMEOUT,
    sendBudgetBytes: environment.SEND_BUDGET_BYTES,
    slowConsumerMs: environment.SLOW_CONSUMER_TIMEOUT,
    shutdownGraceMs: environment.SHUTDOWN_GRACE,
  };
  const rooms: RoomOptions = {
    maxMessageBytes: environment.MAX_MESSAGE_BYTES,
    maxRooms: environment.MAX_ROOMS,
    idempotencyTtlMs: environment.IDEMPOTENCY_TTL,
  };
  const subscription: SubscriptionOptions = {
    tailSize: environment.TAIL_SIZE,
    maxTailSize: Math.max(environment.TAIL_SIZE, environment.HISTORY_SIZE),
    tailBudgetBytes: environment.TAIL_MAX_BYTES,
    lingerMs: environment.UNSUBSCRIBE_LINGER,
    headCheckIntervalMs: environment.HEAD_CHECK_INTERVAL,
  };
  const history: HistoryOptions = {
    size: environment.HISTORY_SIZE,
    ttlMs: environment.HISTORY_TTL,
    maxBytes: environment.EMBEDDED_MAX_BYTES,
  };
  return [
    [GatewayOptions, gateway],
    [RoomOptions, rooms],
    [SubscriptionOptions, subscription],
    [HistoryOptions, history],
  ];
}

@Global()
@Module({})
export class OptionsModule {
  static forEnvironment(environment: Environment): DynamicModule {
    const options = optionsOf(environment).map(([token, value]) => ({
      provide: token as never,
      useValue: value,
    }));
    const providers = [...options, { provide: ConnectionRegistry, useValue: new ConnectionRegistry() }];
    return { module: OptionsModule, providers, exports: providers };
  }
}
