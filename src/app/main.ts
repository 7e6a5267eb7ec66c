// Starts the server.
import { setFlagsFromString } from 'node:v8';
import { Logger, ShutdownSignal } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { RedisIoAdapter } from '../gateway/redis-io.adapter.js';
import { isJsonBody } from '../http/json-bodies.js';
import { AppModule } from './app.module.js';
import { HardenedExpressAdapter } from './hardened-express.adapter.js';
import { endOnSignals } from './process-end.js';

/**
 * What outlives a burst teaches V8 to allocate its like in the old generation from then on. There, dead messages keep
 * what they point to alive, and each collection of the young generation copies it.
 */
const NOTHING_IS_BORN_OLD = '--no-allocation-site-pretenuring';
/** Little survives a collection of the young generation: to share that with a helper costs more than to do it. */
const NO_HELP_FOR_LITTLE = '--no-parallel-scavenge';

async function start(): Promise<void> {
  setFlagsFromString(NOTHING_IS_BORN_OLD);
  setFlagsFromString(NO_HELP_FOR_LITTLE);
  const { module, environment } = await AppModule.load();
  const app = await NestFactory.create<NestExpressApplication>(module, new HardenedExpressAdapter(), {
    // Only JSON is read, and no forms.
    bodyParser: false,
  });
  app.use(helmet());
  // What fits into a frame can be published over HTTP as well.
  app.useBodyParser('json', { limit: environment.MAX_FRAME_BYTES, type: isJsonBody });
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
