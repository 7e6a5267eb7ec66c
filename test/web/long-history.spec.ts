// 5,000 messages of history: all can be scrolled through, in order, while the page stays small and in its place.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { Browsers, type Person } from '../support/browser.js';
import { join, newRoom, sayAll, texts } from '../support/chat.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 240_000;
const MESSAGES = 5_000;
const AT_ONCE = 500;
/** Rows in the document at most, besides those that come with a page of history. */
const MAX_ROWS = 300;
/** What a row may move by while older ones come above it, px. */
const STILL_PX = 2;

const stage = new Stage();
const browsers = Browsers.on(stage);
let app: AppProcess;

beforeAll(async () => {
  app = await stage.app({ HISTORY_SIZE: '10000' });
}, TIMEOUT_MS);
afterAll(() => stage.clear());

it(
  'is scrolled through to its beginning and back to its end',
  async () => {
    const room = newRoom();
    const bob = await stage.client(app);
    await join(bob, room);
    for (let said = 0; said < MESSAGES; said += AT_ONCE) {
      await sayAll(bob, room, texts(MESSAGES).slice(said, said + AT_ONCE));
    }
    const ada = await browsers.person(app.http, 'Ada', room);
    await ada.sees(`message ${MESSAGES}`);
    await watchLongTasks(ada);

    const seen = new Set<string>();
    const moves: number[] = [];
    let most = 0;
    while (!seen.has('message 1')) {
      const shown = await ada.texts();
      requireInOrder(shown);
      for (const text of shown) seen.add(text);
      most = Math.max(most, shown.length);
      moves.push(await scrollUp(ada));
    }
    expect(seen.size).toBe(MESSAGES);
    expect(most).toBeLessThanOrEqual(MAX_ROWS);
    expect(moves.filter((by) => by > STILL_PX)).toEqual([]);
    await ada.page.getByRole('button', { name: 'Newest' }).click();
    await ada.sees(`message ${MESSAGES}`);
    const longTasks = await ada.page.evaluate<number[]>('window.longTasks');
    const figures = { steps: moves.length, rowsAtMost: most, longTasks: longTasks.length };
    process.stdout.write(
      `  5,000 messages: ${JSON.stringify({ ...figures, longestMs: Math.max(0, ...longTasks) })}\n`,
    );
    expect(browsers.problems).toEqual([]);
  },
  TIMEOUT_MS,
);

function requireInOrder(shown: readonly string[]): void {
  const numbers = shown.map((text) => Number(text.replace('message ', '')));
  numbers.forEach((number, index) => {
    if (index > 0 && number !== numbers[index - 1]! + 1)
      throw new Error(`${number} after ${numbers[index - 1]}`);
  });
}

/** To the top of what is there; how far the row which was the first has moved when what lies before it has come, px. */
async function scrollUp({ page }: Person): Promise<number> {
  return page.evaluate<number>(`(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const list = document.querySelector('.list');
    list.scrollTop = 0;
    const [first] = document.querySelectorAll('.rows .text');
    if (first.textContent === 'message 1') return 0;
    const top = () => first.getBoundingClientRect().top;
    const before = top();
    let moved = 0;
    for (let frames = 0; frames < 600 && document.querySelector('.rows .text') === first; frames++) await frame();
    for (let frames = 0; frames < 3; frames++) {
      if (first.isConnected) moved = Math.max(moved, Math.abs(top() - before));
      await frame();
    }
    return moved;
  })()`);
}

async function watchLongTasks({ page }: Person): Promise<void> {
  await page.evaluate(`{
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longTasks.push(Math.round(duration));
    }).observe({ type: 'longtask' });
  }`);
}
