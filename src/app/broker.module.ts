// Picks the broker and its presence store: the only place which knows all of them.
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { EmbeddedBroker } from '../brokers/embedded/embedded.broker.js';
import { EmbeddedPresence } from '../brokers/embedded/embedded.presence.js';
import { NatsBroker } from '../brokers/nats/nats.broker.js';
import { NatsPresence } from '../brokers/nats/nats.presence.js';
import { NatsManager } from '../brokers/nats/nats-manager.js';
import { NatsOptions } from '../brokers/nats/nats-options.js';
import { RedisBroker } from '../brokers/redis/redis.broker.js';
import { RedisPresence } from '../brokers/redis/redis.presence.js';
import { RedisManager } from '../brokers/redis/redis-manager.js';
import { RedisOptions } from '../brokers/redis/redis-options.js';
import { Broker } from '../core/broker.js';
import { PresenceStore } from '../core/presence-store.js';
import type { Environment } from './environment.js';

function redisOptions({ redisUrl: url, DIRECT_IO: directIo }: Environment): RedisOptions {
  return { url, directIo };
}

function natsOptions(environment: Environment): NatsOptions {
  return {
    url: environment.natsUrl,
    credentialsFile: environment.NATS_CREDS,
    prefix: environment.NATS_PREFIX,
    replicas: environment.NATS_REPLICAS,
    idempotencyTtlMs: environment.IDEMPOTENCY_TTL,
  };
}

function providersOf(environment: Environment): Provider[] {
  switch (environment.broker) {
    case 'embedded':
      return [
        { provide: Broker, useClass: EmbeddedBroker },
        {
          provide: PresenceStore,
          useFactory: (broker: Broker) => new EmbeddedPresence(broker),
          inject: [Broker],
        },
      ];
    case 'redis':
      return [
        { provide: RedisOptions, useValue: redisOptions(environment) },
        RedisManager,
        { provide: Broker, useClass: RedisBroker },
        { provide: PresenceStore, useClass: RedisPresence },
      ];
    case 'nats':
      return [
        { provide: NatsOptions, useValue: natsOptions(environment) },
        NatsManager,
        { provide: Broker, useClass: NatsBroker },
        { provide: PresenceStore, useClass: NatsPresence },
      ];
  }
}

@Global()
@Module({})
export class BrokerModule {
  static forEnvironment(environment: Environment): DynamicModule {
    return { module: BrokerModule, providers: providersOf(environment), exports: [Broker, PresenceStore] };
  }
}
