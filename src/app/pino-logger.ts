// What Nest's loggers write to: one JSON object a line by pino, or lines for people.
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'pretty';
}

type Level = LogOptions['level'] | 'trace' | 'fatal';

/** What Nest has to say of its own start, a line for each module and route. */
const CHATTY_CONTEXTS: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);
/** Errors caused by errors are told so deep. */
const MAX_CAUSES = 3;

/**
 * As Nest's own loggers do, it takes a message, then any number of objects whose members become fields of the line, or an
 * error, then the context.
 */
export class PinoLogger implements LoggerService {
  private constructor(private readonly lines: Logger) {}

  /** Writes synchronously, so that nothing is lost when the process ends. @param destination by default stdout */
  static async create({ level, format }: LogOptions, destination?: DestinationStream): Promise<PinoLogger> {
    const stdout = destination ?? pino.destination({ fd: 1, sync: true });
    const options = {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      serializers: { err: (error: Error) => describe(error) },
    };
    return new PinoLogger(pino(options, format === 'json' ? stdout : await prettyPrinter(stdout)));
  }

  log(message: unknown, ...more: unknown[]): void {
    this.#write(CHATTY_CONTEXTS.has(more.at(-1)) ? 'debug' : 'info', message, more);
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.#write('fatal', message, more);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.#write('error', message, more);
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.#write('warn', message, more);
  }

  debug(message: unknown, ...more: unknown[]): void {
    this.#write('debug', message, more);
  }

  verbose(message: unknown, ...more: unknown[]): void {
    this.#write('trace', message, more);
  }

  #write(level: Level, message: unknown, more: unknown[]): void {
    if (!this.lines.isLevelEnabled(level)) return;
    const context = typeof more.at(-1) === 'string' ? more.at(-1) : undefined;
    const fields: Record<string, unknown> = { context };
    for (const each of [message, ...more]) {
      if (each instanceof Error) fields['err'] = each;
      else if (typeof each === 'object') Object.assign(fields, each);
    }
    const text =
      message instanceof Error ? message.message : typeof message === 'string' ? message : undefined;
    this.lines[level](fields, text);
  }
}

/** Nothing else of it: errors of clients carry the command that failed, and so what somebody said. */
function describe({ name, message, stack, cause }: Error, depth = 0): object {
  const more = cause instanceof Error && depth < MAX_CAUSES ? { cause: describe(cause, depth + 1) } : {};
  return { type: name, message, stack: stack ?? '', ...more };
}

/** Not loaded where nobody reads along. */
async function prettyPrinter(destination: DestinationStream): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const print = prettyFactory({
    colorize: process.stdout.isTTY,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,context',
    messageFormat: (log, key) => [log['context'], log[key]].filter(Boolean).join(': '),
  });
  return { write: (line) => destination.write(print(line)) };
}
