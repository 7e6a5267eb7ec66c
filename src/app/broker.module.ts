// Picks the broker and its presence store: the only place which knows all of them.
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { EmbeddedBroker } from '../brokers/embedded/embedded.broker.js';
import { EmbeddedPresence } from '../brokers/embedded/embedded.presence.js';
import { RedisBroker } from '../brokers/redis/redis.broker.js';
import { RedisPresence } from '../brokers/redis/redis.presence.js';
import { RedisManager } from '../brokers/redis/redis-manager.js';
import { RedisOptions } from '../brokers/redis/redis-options.js';
import { Broker } from '../core/broker.js';
import { PresenceStore } from '../core/presence-store.js';
import type { Environment } from './environment.js';

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
        { provide: RedisOptions, useValue: { url: environment.redisUrl } satisfies RedisOptions },
        RedisManager,
        { provide: Broker, useClass: RedisBroker },
        { provide: PresenceStore, useClass: RedisPresence },
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
