// Where all floors meet.
import { type DynamicModule, Logger, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { GatewayModule } from '../gateway/gateway.module.js';
import { HttpModule } from '../http/http.module.js';
import { BrokerModule } from './broker.module.js';
import { validateEnvironment } from './configuration.js';
import type { Environment } from './environment.js';
import { OptionsModule } from './options.module.js';
import { PinoLogger } from './pino-logger.js';

@Module({})
export class AppModule {
  /** Reads `.env` and the environment, the latter winning, and opens the log. @throws Error naming each variable that is wrong */
  static async load(): Promise<{ module: DynamicModule; environment: Environment }> {
    let environment: Environment | undefined;
    const config = await ConfigModule.forRoot({
      validate: (raw) => (environment = validateEnvironment(raw)),
    });
    if (!environment) throw new Error('the configuration was not read');
    const { LOG_LEVEL: level, logFormat: format } = environment;
    Logger.overrideLogger(await PinoLogger.create({ level, format }));
    return { module: AppModule.forEnvironment(environment, config), environment };
  }

  static forEnvironment(environment: Environment, ...others: DynamicModule[]): DynamicModule {
    const floors = [OptionsModule.forEnvironment(environment), BrokerModule.forEnvironment(environment)];
    return { module: AppModule, imports: [...others, ...floors, GatewayModule, HttpModule] };
  }
}
