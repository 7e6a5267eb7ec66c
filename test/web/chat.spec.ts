// People on two instances talk on the page; a reload brings each back to where it was.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { Browsers, Person } from '../support/browser.js';
import { eventually } from '../support/deadline.js';
import { newRoom, say, sayAll, texts } from '../support/chat.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 240_000;

const stage = new Stage();
const browsers = Browsers.on(stage);
let a: AppProcess;
let b: AppProcess;

beforeAll(async () => {
  ({ a, b } = await stage.pair({ JWT_SECRET: 'only for tests, but long enough for HS256' }));
}, TIMEOUT_MS);
afterAll(() => stage.clear());

describe('the page', () => {
  it(
    'brings people on two instances together',
    async () => {
      const room = newRoom();
      const ada = await browsers.person(a.http, 'Ada', room);
      const bob = await browsers.person(b.http, 'Bob', room);
      const peopleOfAda = ada.page.getByRole('complementary', { name: 'Who is here' });
      await peopleOfAda.getByText('Bob').waitFor();
      await bob.field.pressSequentially('Hel');
      await ada.page.getByText('Bob is typing…').waitFor();
      await bob.say('Hello');
      await ada.sees('Hello');
      await ada.page.getByText('Bob is typing…').waitFor({ state: 'detached' });
      await ada.say('Hi Bob');
      await bob.sees('Hi Bob');
      expect(await ada.texts()).toEqual(['Hello', 'Hi Bob']);
      expect(await bob.texts()).toEqual(['Hello', 'Hi Bob']);
      await ada.page.locator('.row.sending').waitFor({ state: 'detached' });
      await ada.page.close();
      await bob.page.getByRole('complementary').getByText('Ada').waitFor({ state: 'detached' });
      expect(browsers.problems).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'marks rooms with unread messages, and where they begin',
    async () => {
      const [first, second] = [newRoom(), newRoom()];
      const ada = await browsers.person(a.http, 'Ada', first);
      await ada.join(second);
      const bob = await stage.client(b);
      await bob.request({ type: 'SUBSCRIBE', room: first });
      await say(bob, first, 'one');
      await say(bob, first, 'two');
      await ada.room(first).getByText('2 unread').waitFor();
      await ada.until(`document.title.startsWith('(2) ')`);
      await ada.page.keyboard.press('Alt+ArrowUp');
      await ada.sees('two');
      await ada.page.locator('.row:has(.unread-mark)', { hasText: 'one' }).waitFor();
      await ada.room(first).getByText('unread').waitFor({ state: 'detached' });
      expect(await ada.page.title()).toBe(`${first} · Roomcast`);
    },
    TIMEOUT_MS,
  );

  it(
    'keeps the place over a reload',
    async () => {
      const [other, room] = [newRoom(), newRoom()];
      const bob = await stage.client(b);
      await bob.request({ type: 'SUBSCRIBE', room });
      await sayAll(bob, room, texts(300));
      const ada = await browsers.person(a.http, 'Ada', other);
      await ada.join(room);
      await ada.sees('message 300');
      await ada.say('read');
      const place = await scrolledBack(ada);
      const before = await topOf(ada, place);
      await ada.until(`localStorage['roomcast.places'].includes('scroll')`);
      await say(bob, room, 'while away');
      await ada.page.reload();
      await ada.page.getByRole('heading', { name: room, exact: true }).waitFor();
      await ada.sees(place);
      expect(Math.abs((await topOf(ada, place)) - before)).toBeLessThan(40);
      await ada.room(other).waitFor();
      expect(await ada.page.getByLabel('Your name').count()).toBe(0);
      await ada.page.getByRole('button', { name: '1 new' }).click();
      await ada.sees('while away');
    },
    TIMEOUT_MS,
  );
});

/** Scrolls up past where the room was joined, then to a message in the midst of those on the page; its text. */
async function scrolledBack(person: Person): Promise<string> {
  const [joinedWith] = await person.texts();
  await eventually(
    async () => {
      await person.scrollToTop();
      if ((await person.texts()).includes(joinedWith!)) throw new Error(`${joinedWith} is still on the page`);
    },
    TIMEOUT_MS,
    'older messages take the place of the newer ones',
  );
  const shown = await person.texts();
  const text = shown[Math.floor(shown.length / 2)]!;
  await person.page.locator('.rows .text').getByText(text, { exact: true }).scrollIntoViewIfNeeded();
  return text;
}

async function topOf(person: Person, text: string): Promise<number> {
  const box = await person.page.locator('.row .text').getByText(text, { exact: true }).boundingBox();
  return box!.y;
}
