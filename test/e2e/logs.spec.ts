// What a running instance logs, as an operator's collector reads it.
import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../support/deadline.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 20_000;

const stage = new Stage();

afterEach(() => stage.clear());

it('is JSON in production, and lines about a connection name it and its user', async () => {
  const app = await stage.app({
    NODE_ENV: 'production',
    LOG_LEVEL: 'debug',
    JWT_SECRET: 'k2Vn8qLw0Zr5TtYx3MbGh7JdPf4SaUe9CiXoRl6Q',
  });
  const client = await stage.connect(app.url);
  const { connectionId, user } = await client.next('WELCOME');
  await client.close();
  const lines = await eventually(
    () => {
      const all = app.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
      if (!all.some(({ msg }) => msg === 'Connection closed')) throw new Error('the close is not logged yet');
      return all;
    },
    TIMEOUT_MS,
    'the close is logged',
  );
  for (const line of lines) {
    expect(line).toMatchObject({
      level: expect.stringMatching(/^(debug|info|warn)$/),
      time: expect.any(String),
    });
  }
  const about = lines.filter((line) => line['connectionId'] === connectionId);
  expect(about.map(({ msg }) => msg)).toEqual(['Connection opened', 'Connection closed']);
  const { id: userId } = user as { id: string };
  for (const line of about) expect(line['userId']).toBe(userId);
  expect(about.at(-1)).toMatchObject({ code: 1000 });
});

it('is for people elsewhere, without a line for each route', async () => {
  const app = await stage.app();
  expect(await app.line(/Listening on/)).toMatch(/ INFO: Roomcast: Listening on http/);
  expect(app.logs.filter((line) => /Mapped|dependencies initialized/.test(line))).toEqual([]);
});

it.each([
  ['the native loop', {}],
  ["libuv's handles", { NATIVE_SEND_LOOP: 'false' }],
  ['streams', { DIRECT_IO: 'false' }],
])('tells that sockets are written to by %s', async (way, settings) => {
  const app = await stage.app(settings);
  expect(await app.line(/Sockets are written to/)).toMatch(new RegExp(`: Sockets are written to by ${way}$`));
});
