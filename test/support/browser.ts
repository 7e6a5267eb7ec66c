// A headless Chromium for one test file, and what people do on the chat page in it.
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { eventually } from './deadline.js';
import { pathOf } from './installed.js';

const TIMEOUT_MS = 60_000;

/** Pages of one browser; each person has storage of its own. */
export class Browsers {
  readonly #browser: Promise<Browser>;
  /** What went wrong on any page: errors that were thrown, or refused by the page's policy. */
  readonly problems: string[] = [];

  private constructor() {
    this.#browser = chromium.launch({
      executablePath: pathOf('chromium'),
      // Root has no sandbox; there are only our own pages.
      args: ['--no-sandbox'],
    });
  }

  /** Closed when the stage is cleared. */
  static on(stage: { onClear(end: () => Promise<void>): void }): Browsers {
    const browsers = new Browsers();
    stage.onClear(() => browsers.close());
    return browsers;
  }

  /** A page of somebody who was never here before. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const browser = await this.#browser;
    const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB', ...options });
    context.setDefaultTimeout(TIMEOUT_MS);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      const text = message.text();
      // Connections that fail are what some tests are about.
      if (message.type() === 'error' && !/WebSocket|ERR_|Failed to load resource/.test(text)) {
        this.problems.push(text);
      }
    });
    return page;
  }

  /** A page of somebody who has come in under a name, and is in a room. */
  async person(http: string, name: string, room: string): Promise<Person> {
    const page = await this.page();
    await page.goto(`${http}/#${room}`);
    return Person.enter(page, name);
  }

  private async close(): Promise<void> {
    await (await this.#browser).close();
  }
}

export class Person {
  private constructor(readonly page: Page) {}

  /** Who has come in already. */
  static of(page: Page): Person {
    return new Person(page);
  }

  static async enter(page: Page, name: string): Promise<Person> {
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Enter' }).click();
    // On a phone it is out of sight.
    await page.locator('nav[aria-label="Rooms"]').waitFor({ state: 'attached' });
    return new Person(page);
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: /^Message to/ });
  }

  get rows(): Locator {
    return this.page.locator('.rows > li');
  }

  /** The texts of the messages on the page, in order. */
  texts(): Promise<string[]> {
    return this.page.locator('.rows .text').allTextContents();
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** Resolves when a message of exactly this text is on the page. */
  async sees(text: string): Promise<void> {
    await this.page.locator('.rows .text').getByText(text, { exact: true }).first().waitFor();
  }

  /** Resolves when an own message of this text is shown as stored. */
  async hasStored(text: string): Promise<void> {
    await this.page
      .locator('.row.own:not(.sending, .failed)', { hasText: text })
      .locator('.meta .icon')
      .waitFor();
  }

  room(id: string): Locator {
    return this.page.getByRole('navigation', { name: 'Rooms' }).getByRole('button', { name: `${id} ` });
  }

  async join(id: string): Promise<void> {
    await this.page.getByLabel('Join or make a room').first().fill(id);
    await this.page.getByLabel('Join or make a room').first().press('Enter');
    await this.page.getByRole('heading', { name: id, exact: true }).waitFor();
  }

  /** Resolves when an expression holds on the page; Playwright's own way would be refused by the page's policy. */
  async until(expression: string): Promise<void> {
    const check = async (): Promise<void> => {
      if (!(await this.page.evaluate<boolean>(expression))) throw new Error(`Not yet: ${expression}`);
    };
    await eventually(check, TIMEOUT_MS, `${expression} on the page`);
  }

  /** To the first message on the page, and until the list has answered with what lies before it. */
  async scrollToTop(): Promise<void> {
    await this.page.evaluate(`new Promise((resolve) => {
      document.querySelector('.list').scrollTop = 0;
      requestAnimationFrame(() => requestAnimationFrame(resolve));
    })`);
  }
}
