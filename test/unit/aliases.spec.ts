// Variables under the names of other chat servers: taken where ours are not set, and never over ours.
import { describe, expect, it } from '@jest/globals';
import { withAliases } from '../../src/app/aliases.js';
import { validateEnvironment } from '../../src/app/configuration.js';

describe('names of other servers', () => {
  it('are read as ours', () => {
    const environment = validateEnvironment({
      WS_PORT: '8081',
      WS_HOST: '127.0.0.1',
      WS_LOG_LEVEL: 'warn',
      WS_AUTH_ENABLED: 'true',
      WS_BEARER_TOKENS: 'one,two',
      WS_REDIS_URL: 'redis://cache:6379/0',
      WS_PUBSUB_ADAPTER: 'redis',
    });
    expect(environment).toMatchObject({
      PORT: 8081,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      AUTH_MODE: 'token',
    });
    expect(environment).toMatchObject({ BEARER_TOKENS: ['one', 'two'], redisUrl: 'redis://cache:6379/0' });
    expect(environment.broker).toBe('redis');
  });

  it('make a URL of an address, and the embedded broker of the local adapter', () => {
    expect(validateEnvironment({ REDIS_ADDR: 'localhost:6379' })).toMatchObject({
      broker: 'redis',
      redisUrl: 'redis://localhost:6379',
    });
    expect(validateEnvironment({ WS_PUBSUB_ADAPTER: 'local', REDIS_ADDR: 'x:1' }).broker).toBe('embedded');
  });

  it('give way to ours, also to one that is wrong', () => {
    expect(validateEnvironment({ PORT: '1', WS_PORT: '2' }).PORT).toBe(1);
    expect(() => validateEnvironment({ PORT: 'x', WS_PORT: '2' })).toThrow('PORT');
    expect(withAliases({ REDIS_URL: 'ours', WS_REDIS_URL: 'theirs', REDIS_ADDR: 'a:1' })['REDIS_URL']).toBe(
      'ours',
    );
  });

  it('that are empty, or say nothing, change nothing', () => {
    const environment = validateEnvironment({ WS_PORT: '', WS_AUTH_ENABLED: 'false', WS_UNKNOWN: 'x' });
    expect(environment).toMatchObject({ PORT: 8080, AUTH_MODE: 'guest' });
  });
});
