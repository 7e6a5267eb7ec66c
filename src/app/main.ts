// Starts the server.
import { ConsoleLogger, Logger, type LogLevel, ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { RedisIoAdapter } from '../gateway/redis-io.adapter.js';
import { AppModule } from './app.module.js';
import type { Environment } from './environment.js';
import { HardenedExpressAdapter } from './hardened-express.adapter.js';
import { endOnSignals } from './process-end.js';

/** Nest calls `info` `log`. A level includes all that are more severe. */
function logLevels(least: Environment['LOG_LEVEL']): LogLevel[] {
  const all: LogLevel[] = ['debug', 'log', 'warn', 'error', 'fatal'];
  return all.slice(all.indexOf(least === 'info' ? 'log' : least));
}

async function start(): Promise<void> {
  const { module, environment } = await AppModule.load();
  const logger = new ConsoleLogger({ logLevels: logLevels(environment.LOG_LEVEL) });
  const app = await NestFactory.create<NestExpressApplication>(module, new HardenedExpressAdapter(), {
    logger,
    // Forms are what a page of any origin may post; only JSON is read.
    bodyParser: false,
  });
  app.use(helmet());
  // What fits into a frame can be published over HTTP as well.
  app.useBodyParser('json', { limit: environment.MAX_FRAME_BYTES });
  app.useWebSocketAdapter(new RedisIoAdapter(app));
  // Re-raising the signal, Nest's default, is ignored for PID 1 of a container.
  app.enableShutdownHooks([ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT], { useProcessExit: true });
  endOnSignals(environment.SHUTDOWN_GRACE);
  await app.listen(environment.PORT, environment.HOST);
  new Logger('Roomcast').log(`Listening on ${await app.getUrl()} with the ${environment.broker} broker`);
}

start().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
