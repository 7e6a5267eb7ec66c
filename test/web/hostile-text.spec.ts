// Whatever people write or call themselves is text on the page, and nothing else.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { Browsers, Person } from '../support/browser.js';
import { join, newRoom, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 240_000;

/** Each would set `window.hit`, or open a dialog, if it were taken for markup, for a script or for a link to one. */
const CORPUS = [
  '<script>window.hit=1</script>',
  '<img src=x onerror=window.hit=1>',
  '<svg onload=window.hit=1>',
  '<svg><script>window.hit=1</script></svg>',
  '<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>',
  '<body onload=window.hit=1>',
  '<iframe srcdoc="<script>parent.hit=1</script>"></iframe>',
  '<iframe src="javascript:parent.hit=1">',
  '<a href="javascript:window.hit=1">click</a>',
  'javascript:window.hit=1//http://example.com/',
  'http://example.com/"onmouseover="window.hit=1',
  "http://example.com/'onfocus='window.hit=1' autofocus='",
  'https://example.com/<script>window.hit=1</script>',
  'data:text/html,<script>window.hit=1</script>',
  '"><img src=x onerror=window.hit=1>',
  "'><img src=x onerror=window.hit=1>",
  '</textarea><script>window.hit=1</script>',
  '</style><script>window.hit=1</script>',
  '<details open ontoggle=window.hit=1>',
  '<input autofocus onfocus=window.hit=1>',
  '<video><source onerror=window.hit=1>',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>',
  '<template><script>window.hit=1</script></template>',
  '{{constructor.constructor("window.hit=1")()}}',
  '${window.hit=1}',
  '&lt;script&gt;window.hit=1&lt;/script&gt;',
  '<form action="javascript:window.hit=1"><button>go</button></form>',
  '<meta http-equiv="refresh" content="0;url=javascript:window.hit=1">',
  '<base href="https://example.com/">',
  '<link rel=stylesheet href="https://example.com/x.css">',
  '\u202e<script>window.hit=1</script>',
] as const;
/** As a name, 1 to 64 characters. */
const NAME = '<img src=x onerror=window.hit=1>';

const stage = new Stage();
const browsers = Browsers.on(stage);
let app: AppProcess;

beforeAll(async () => {
  app = await stage.app();
}, TIMEOUT_MS);
afterAll(() => stage.clear());

it(
  `${CORPUS.length} messages that would be code elsewhere are shown as they were written`,
  async () => {
    const room = newRoom();
    const page = await browsers.page();
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(`${app.http}/#${room}`);
    const eve = await Person.enter(page, NAME);
    await page.getByRole('heading', { name: room, exact: true }).waitFor();
    // One by one: own messages first, which are shown before they are stored, then another's.
    for (const text of CORPUS.slice(0, 3)) {
      await eve.say(text);
      await eve.hasStored(text);
    }
    const bob = await stage.client(app);
    await join(bob, room);
    for (const text of CORPUS.slice(3)) await say(bob, room, text);
    await eve.sees(CORPUS.at(-1)!);

    expect(await eve.texts()).toEqual(CORPUS);
    expect(await page.locator('.me-name bdi').textContent()).toBe(NAME);
    expect(await page.getByRole('complementary', { name: 'Who is here' }).getByText(NAME).count()).toBe(1);
    expect(await foreignElements(eve)).toEqual([]);
    // A link is what begins like one, and leads to what is written.
    const links = await page
      .locator('.rows a')
      .evaluateAll((all) => all.map((each) => each.getAttribute('href')!));
    expect(links.filter((href) => !/^https?:\/\//.test(href))).toEqual([]);
    for (const link of await page.locator('.rows a').all()) await link.hover();
    await page.reload();
    await eve.sees(CORPUS.at(-1)!);
    expect(await foreignElements(eve)).toEqual([]);
    expect([await page.evaluate('window.hit'), dialogs]).toEqual([undefined, []]);
    expect(browsers.problems).toEqual([]);
  },
  TIMEOUT_MS,
);

/** Elements on the page which it never makes, and event handlers in the markup. */
async function foreignElements({ page }: Person): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.body.querySelectorAll('*')]
    .filter((each) => /^(script|img|iframe|video|source|object|embed|base|meta|link|style|details|math|template|animate)$/
      .test(each.localName) || each.getAttributeNames().some((name) => name.startsWith('on')))
    .map((each) => each.outerHTML)`);
}
