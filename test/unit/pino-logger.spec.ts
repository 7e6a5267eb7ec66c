// The log: one JSON object a line, with its fields, and no more of an error than it may tell.
import { describe, expect, it } from '@jest/globals';
import { type LogOptions, PinoLogger } from '../../src/app/pino-logger.js';

type Line = Record<string, unknown> & { err?: Record<string, unknown> };

/** Collects what is written. */
async function logger(options: Partial<LogOptions> = {}): Promise<{ log: PinoLogger; written: string[] }> {
  const written: string[] = [];
  const destination = { write: (text: string) => void written.push(text) };
  const all: LogOptions = { level: 'debug', format: 'json', ...options };
  return { log: await PinoLogger.create(all, destination), written };
}

function parse(line = ''): Line {
  return JSON.parse(line) as Line;
}

describe('a line of JSON', () => {
  it('has the level, the time, the context and the message', async () => {
    const { log, written } = await logger();
    log.warn('Redis is gone', 'RedisManager');
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/\n$/);
    expect(parse(written[0])).toMatchObject({ level: 'warn', context: 'RedisManager', msg: 'Redis is gone' });
    expect(parse(written[0])['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('has the members of objects as its own', async () => {
    const { log, written } = await logger();
    log.debug('Connection opened', { connectionId: 'c-1', userId: 'u-1' }, 'Gateway');
    expect(parse(written[0])).toMatchObject({
      connectionId: 'c-1',
      userId: 'u-1',
      context: 'Gateway',
      msg: 'Connection opened',
    });
  });

  it('stays one line, whatever is in it', async () => {
    const { log, written } = await logger();
    log.log('two\nlines', { field: 'and\nmore' }, 'Test');
    expect(written[0]?.trimEnd()).not.toContain('\n');
    expect(parse(written[0])['msg']).toBe('two\nlines');
  });

  it('tells name, message, stack and causes of an error, and nothing that hangs on it', async () => {
    const { log, written } = await logger();
    const cause = Object.assign(new TypeError('the cause'), { command: { args: ['xyzzy'] } });
    const error = Object.assign(new RangeError('it failed', { cause }), { body: 'xyzzy' });
    log.error('A command failed', error, { connectionId: 'c-1' }, 'Gateway');
    expect(parse(written[0])).toMatchObject({
      msg: 'A command failed',
      connectionId: 'c-1',
      err: { type: 'RangeError', message: 'it failed', cause: { type: 'TypeError', message: 'the cause' } },
    });
    expect(parse(written[0]).err?.['stack']).toMatch(/at /);
    expect(written[0]).not.toContain('xyzzy');
  });

  it('tells an error that is the message itself', async () => {
    const { log, written } = await logger();
    log.error(new Error('by itself'), 'Test');
    expect(parse(written[0])).toMatchObject({ msg: 'by itself', err: { message: 'by itself' } });
  });
});

describe('the level', () => {
  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('%s writes %j', async (level, expected) => {
    const { log, written } = await logger({ level });
    log.verbose('v', 'Test');
    log.debug('d', 'Test');
    log.log('l', 'Test');
    log.warn('w', 'Test');
    log.error('e', 'Test');
    expect(written.map((line) => parse(line)['level'])).toEqual(expected);
  });

  it('keeps what Nest tells of its start for debug', async () => {
    const { log, written } = await logger({ level: 'info' });
    log.log('Mapped {/health, GET} route', 'RouterExplorer');
    expect(written).toEqual([]);
  });
});

it('pretty lines are one each, for people', async () => {
  const { log, written } = await logger({ format: 'pretty' });
  log.warn('Redis is gone', { link: 'commands' }, 'RedisManager');
  expect(written).toEqual([
    expect.stringMatching(/^\[.*\] WARN: RedisManager: Redis is gone .*"link":"commands".*\n$/),
  ]);
});
