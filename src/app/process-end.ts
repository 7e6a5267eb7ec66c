// Sees to it that the process ends: in time after the first signal, and at once after a second one.
import { constants } from 'node:os';
import { Logger, ShutdownSignal } from '@nestjs/common';

const SIGNALS = [ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT] as const;

/**
 * Nest closes the application on the first signal, step by step. Should a step hang, the clients are gone all the
 * same, and what remains heals by itself: so it still counts as an orderly end.
 *
 * @param graceMs from the first signal on
 */
export function endOnSignals(graceMs: number): void {
  const logger = new Logger('Roomcast');
  let ending = false;
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    // By convention, 128 and the number of the signal which ended it.
    if (ending) process.exit(128 + constants.signals[signal]);
    ending = true;
    logger.log(`${signal}: ending within ${graceMs} ms, or at once on another signal`);
    setTimeout(() => {
      logger.warn('The grace is over before everything was closed');
      process.exit(0);
    }, graceMs).unref();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}
