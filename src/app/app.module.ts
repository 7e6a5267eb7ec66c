// Where all floors meet.
import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { GatewayModule } from '../gateway/gateway.module.js';
import { HttpModule } from '../http/http.module.js';
import { BrokerModule } from './broker.module.js';
import { validateEnvironment } from './configuration.js';
import type { Environment } from './environment.js';
import { OptionsModule } from './options.module.js';

@Module({})
export class AppModule {
  /** Reads `.env` and the environment, the latter winning. @throws Error naming each variable that is wrong */
  static async load(): Promise<{ module: DynamicModule; environment: Environment }> {
    let environment: Environment | undefined;
    const config = await ConfigModule.forRoot({
      validate: (raw) => (environment = validateEnvironment(raw)),
    });
    if (!environment) throw new Error('the configuration was not read');
    const floors = [OptionsModule.forEnvironment(environment), BrokerModule.forEnvironment(environment)];
    return {
      module: { module: AppModule, imports: [config, ...floors, GatewayModule, HttpModule] },
      environment,
    };
  }
}
