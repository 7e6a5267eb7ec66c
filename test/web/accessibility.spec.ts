// No finding of axe on any of the page's views, light and dark, wide and narrow; and the keyboard reaches everything.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import type { AppProcess } from '../support/app-process.js';
import { Browsers, Person } from '../support/browser.js';
import { join, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 240_000;
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

const stage = new Stage();
const browsers = Browsers.on(stage);
let app: AppProcess;

beforeAll(async () => {
  app = await stage.app();
  const bob = await stage.client(app);
  for (const room of ['general', 'random']) await join(bob, room);
  await say(bob, 'general', 'See https://example.com/ and tell me');
  await say(bob, 'general', 'what you think');
}, TIMEOUT_MS);
afterAll(() => stage.clear());

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

async function findings(page: Page): Promise<Finding[]> {
  // A panel that is still on its way has buttons which are seen, and texts which are not.
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().iterations !== Infinity)
    .map(({ finished }) => finished))`);
  // Evaluated beside the page's own code, which its policy leaves alone.
  await page.evaluate(axe.source);
  return page.evaluate<Finding[]>(`axe.run().then(({ violations }) => violations
    .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html) })))`);
}

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  it(
    'axe finds nothing on a desktop',
    async () => {
      const page = await browsers.page({ colorScheme, viewport: DESKTOP });
      await page.goto(app.http);
      await page.getByLabel('Your name').waitFor();
      expect(await findings(page)).toEqual([]);
      const ada = await Person.enter(page, 'Ada');
      await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
      expect(await findings(page)).toEqual([]);
      await ada.room('general').click();
      await ada.sees('what you think');
      await ada.say('I like it');
      await ada.hasStored('I like it');
      expect(await findings(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'axe finds nothing on a phone, with its panels open',
    async () => {
      const page = await browsers.page({ colorScheme, viewport: PHONE, hasTouch: true, isMobile: true });
      await page.goto(`${app.http}/#general`);
      const ada = await Person.enter(page, 'Ada');
      await ada.sees('what you think');
      for (const panel of ['Rooms', 'Who is here']) {
        await page.getByRole('button', { name: panel }).click();
        expect(await findings(page)).toEqual([]);
        await page.keyboard.press('Escape');
      }
    },
    TIMEOUT_MS,
  );
});

describe('on a phone', () => {
  it(
    'works by the keyboard alone',
    async () => {
      const page = await browsers.page({ viewport: PHONE });
      await page.goto(app.http);
      await page.getByLabel('Your name').waitFor();
      await tabTo(page, `document.activeElement.id === 'name'`);
      await page.keyboard.type('Ada');
      await page.keyboard.press('Enter');
      const ada = Person.of(page);
      await page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();
      await tabTo(page, `document.activeElement.getAttribute('aria-label') === 'Rooms'`);
      await page.keyboard.press('Enter');
      await ada.until(`document.activeElement.textContent.includes('general')`);
      await page.keyboard.press('Escape');
      await ada.until(`document.activeElement.getAttribute('aria-label') === 'Rooms'`);
      await page.keyboard.press('Enter');
      await ada.until(`document.activeElement.textContent.includes('general')`);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'general' }).waitFor();
      await ada.until(`document.activeElement.id === 'message'`);
      await page.keyboard.type('by keys');
      await page.keyboard.press('Enter');
      await ada.hasStored('by keys');
      expect(await findings(page)).toEqual([]);
      await tabTo(page, `document.activeElement.getAttribute('aria-label') === 'Who is here'`);
      await page.keyboard.press('Enter');
      await ada.until(`document.activeElement.closest('#panel-people') !== null`);
      await page.keyboard.press('Escape');
      await ada.until(`document.activeElement.getAttribute('aria-label') === 'Who is here'`);
    },
    TIMEOUT_MS,
  );

  it(
    'does not lose the focus with the room that was left, nor bring up the keys',
    async () => {
      const page = await browsers.page({ viewport: PHONE, hasTouch: true, isMobile: true });
      await page.goto(`${app.http}/#general`);
      const ada = await Person.enter(page, 'Ada');
      await ada.sees('what you think');
      await page.getByRole('button', { name: 'Rooms' }).click();
      await ada.room('random').click();
      await page.getByRole('heading', { name: 'random' }).waitFor();
      await ada.until(`document.activeElement.localName === 'h1'`);
      expect(await findings(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

/** Goes from one thing to the next until an expression holds. */
async function tabTo(page: Page, expression: string): Promise<void> {
  for (let steps = 0; steps < 30; steps++) {
    if (await page.evaluate<boolean>(expression)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to where ${expression}`);
}
