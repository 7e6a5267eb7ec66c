// The server is killed and comes back: the page says so, waits, and goes on with nothing lost and nothing twice.
import { afterAll, expect, it } from '@jest/globals';
import { AppProcess } from '../support/app-process.js';
import { Browsers } from '../support/browser.js';
import { join, newRoom, pluck, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 240_000;

const stage = new Stage();
const browsers = Browsers.on(stage);

afterAll(() => stage.clear());

it(
  'a killed server is told with the time to the next try, and what was written meanwhile is sent once',
  async () => {
    const redis = await stage.redis();
    const env = { REDIS_URL: redis.url, JWT_SECRET: 'only for tests, but long enough for HS256' };
    const [app, other] = await Promise.all([stage.app(env), stage.app(env)]);
    const room = newRoom();
    const ada = await browsers.person(app.http, 'Ada', room);
    await ada.say('before');
    await ada.hasStored('before');
    const bob = await stage.client(other);
    await join(bob, room);

    await app.kill('SIGKILL');
    await ada.page
      .locator('.banner[data-status="waiting"]')
      .getByText(/Next try in \d+ s\./)
      .waitFor();
    await ada.say('while it was away');
    await ada.page.locator('.row.sending', { hasText: 'while it was away' }).waitFor();
    await say(bob, room, 'said elsewhere');
    const back = await AppProcess.start({ ...env, PORT: String(app.port) });
    stage.onClear(() => back.stop());
    await ada.hasStored('while it was away');
    await ada.sees('said elsewhere');
    await ada.page.locator('.banner').waitFor({ state: 'detached' });
    await ada.say('after');
    await ada.hasStored('after');

    const expected = ['before', 'said elsewhere', 'while it was away', 'after'];
    const { messages } = await bob.request({ type: 'HISTORY', room });
    expect(pluck(messages as Record<string, unknown>[], 'message')).toEqual(expected);
    expect(await ada.texts()).toEqual(expected);
    expect(browsers.problems).toEqual([]);
  },
  TIMEOUT_MS,
);
