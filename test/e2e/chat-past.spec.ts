// Reading the past: replay at the join, resuming after an absence, paging through the history.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, leave, newRoom, pluck, range, say, sayAll, texts } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import type { Frame, TestClient } from '../support/test-client.js';

const MOST = 300;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;
let sender: TestClient;
let client: TestClient;
let room: string;

beforeAll(async () => {
  app = await shared.app();
});
beforeEach(async () => {
  [sender, client, room] = [await stage.client(app), await stage.client(app), newRoom()];
  await join(sender, room);
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

/** Offsets of the messages that came before all which is asked for from now on. */
async function replayed(to = client): Promise<unknown[]> {
  // Replay goes on after the reply; a message of now comes after all of it.
  const { offset } = await say(sender, room, 'fence');
  const last = (frame: Frame): boolean => frame.type === 'MESSAGE' && frame['offset'] === offset;
  const end = await to.next(last);
  return pluck([...(await to.fence()), end], 'offset').slice(0, -1);
}

describe('SUBSCRIBE with history', () => {
  beforeEach(() => sayAll(sender, room, texts(5)));

  it.each([
    [0, []],
    [2, [4, 5]],
    [5, [1, 2, 3, 4, 5]],
    [300, [1, 2, 3, 4, 5]],
  ])('%d replays the newest, then goes on live', async (history, offsets) => {
    const joined = await join(client, room, { history });
    expect(joined).toMatchObject({ offset: 5, replayed: offsets.length });
    expect(joined).not.toHaveProperty('recovered');
    expect(await replayed()).toEqual(offsets);
  });

  it('shows the messages exactly as they were live', async () => {
    await join(client, room, { history: 5 });
    expect(await hear(client, room, 5)).toEqual(await hear(sender, room, 5));
  });
});

describe('SUBSCRIBE with since', () => {
  let epoch: unknown;

  beforeEach(async () => {
    [{ epoch }] = (await sayAll(sender, room, texts(10))) as [Frame];
  });

  it.each([
    ['from the very beginning', { offset: 0 }, range(1, 10)],
    ['from the middle', { offset: 7 }, [8, 9, 10]],
    ['with nothing missed', { offset: 10 }, []],
  ])('recovers exactly what was missed: %s', async (_name, since, offsets) => {
    const joined = await join(client, room, { since: { epoch, ...since } });
    expect(joined).toMatchObject({ epoch, offset: 10, recovered: true, replayed: offsets.length });
    expect(await replayed()).toEqual(offsets);
  });

  it('believes a messageId that is the one stored at the offset', async () => {
    const { messageId } = (await hear(sender, room, 10))[6]!;
    const joined = await join(client, room, { since: { epoch, offset: 7, messageId } });
    expect(joined).toMatchObject({ recovered: true, replayed: 3 });
    expect(await replayed()).toEqual([8, 9, 10]);
  });

  it.each([
    ['another epoch', { epoch: 'other', offset: 7 }],
    ['another epoch at its beginning', { epoch: 'other', offset: 0 }],
    ['an offset ahead of the log', { offset: 11 }],
    ['an offset far ahead', { offset: Number.MAX_SAFE_INTEGER }],
    ['a messageId that is not the one at the offset', { offset: 7, messageId: 'wrong' }],
    ['a messageId that is not the one at the end', { offset: 10, messageId: 'wrong' }],
    ['a messageId where there is no message', { offset: 0, messageId: 'wrong' }],
  ])('promises nothing after %s', async (_name, since) => {
    const joined = await join(client, room, { since: { epoch, ...since } });
    expect(joined).toMatchObject({ epoch, offset: 10, recovered: false });
    // Whatever it replays, live messages follow.
    await say(sender, room, 'live');
    expect(await client.next((frame) => frame['message'] === 'live')).toMatchObject({ offset: 11 });
  });

  it('resumes after a lost connection with all that was said meanwhile, and once', async () => {
    await join(client, room, { since: { epoch, offset: 0 } });
    const { offset, messageId } = (await hear(client, room, 10)).at(-1)!;
    client.terminate();
    await sayAll(sender, room, texts(50, 'meanwhile'));

    const again = await stage.client(app);
    const joined = await join(again, room, { since: { epoch, offset, messageId } });
    expect(joined).toMatchObject({ recovered: true, replayed: 50, offset: 60 });
    expect(await replayed(again)).toEqual(range(11, 60));
  });

  it('leaves neither hole nor repeat before what comes live, however many join in the midst of it', async () => {
    const joiners = await Promise.all(range(1, 20).map(() => stage.client(app)));
    const sent = sayAll(sender, room, texts(490));
    for (const [index, joiner] of joiners.entries()) {
      await joiner.fence();
      const offset = index % 2 === 0 ? 0 : 5;
      expect(await join(joiner, room, { since: { epoch, offset } })).toMatchObject({ recovered: true });
      await hear(joiner, room, 1);
    }
    await sent;
    for (const [index, joiner] of joiners.entries()) {
      const first = index % 2 === 0 ? 2 : 7;
      const heard = await hear(joiner, room, 500 - first + 1);
      expect(pluck(heard, 'offset')).toEqual(range(first, 500));
      expect(await joiner.fence()).toEqual([]);
    }
  });
});

describe('a trimmed log', () => {
  it('recovers from within it, and says so when it can not', async () => {
    const small = await stage.app({ HISTORY_SIZE: '10', TAIL_SIZE: '5' });
    [sender, client] = [await stage.client(small), await stage.client(small)];
    const { epoch } = await join(sender, room);
    await sayAll(sender, room, texts(100));

    expect(await join(client, room, { since: { epoch, offset: 90 } })).toMatchObject({
      recovered: true,
      replayed: 10,
    });
    expect(await replayed()).toEqual(range(91, 100));
    await leave(client, room);
    for (const offset of [0, 30]) {
      const joined = await join(client, room, { since: { epoch, offset } });
      expect(joined).toMatchObject({ epoch, offset: 101, recovered: false });
      await leave(client, room);
    }
    const page = await sender.request({ type: 'HISTORY', room, before: 92 });
    expect(page).toMatchObject({ messages: [], more: false });
  });
});

describe('HISTORY', () => {
  beforeEach(() => sayAll(sender, room, texts(MOST + 20)));

  it.each([
    ['nothing asked for: the newest 50', {}, range(271, 320), true],
    ['a limit', { limit: 3 }, range(318, 320), true],
    ['the highest limit', { limit: MOST }, range(21, 320), true],
    ['a limit beyond the highest', { limit: 1_000_000_000 }, range(21, 320), true],
    ['before an offset', { before: 271, limit: 100 }, range(171, 270), true],
    ['before, down to the oldest', { before: 51 }, range(1, 50), false],
    ['before, with fewer left', { before: 21 }, range(1, 20), false],
    ['before the oldest', { before: 1 }, [], false],
    ['before an offset ahead', { before: 1000, limit: 2 }, [319, 320], true],
    ['after the beginning', { after: 0, limit: 100 }, range(1, 100), true],
    ['after an offset', { after: 100 }, range(101, 150), true],
    ['after, up to the newest', { after: 270 }, range(271, 320), false],
    ['after the newest', { after: 320 }, [], false],
    ['after an offset ahead', { after: 1000 }, [], false],
  ])('pages: %s', async (_name, members, offsets, more) => {
    const page = await sender.request({ type: 'HISTORY', room, ...members });
    expect(pluck(page['messages'] as Frame[], 'offset')).toEqual(offsets);
    expect(page).toMatchObject({ type: 'HISTORY', room, more });
  });

  it('SUBSCRIBE replays at most 300 of it, however many are asked for', async () => {
    expect(await join(client, room, { history: 1_000_000_000 })).toMatchObject({ replayed: MOST });
    expect(await replayed()).toEqual(range(21, 320));
  });

  it('is for members', async () => {
    const error = { type: 'ERROR', code: 'NOT_SUBSCRIBED' };
    expect(await client.request({ type: 'HISTORY', room })).toMatchObject(error);
  });
});

it('HISTORY of large messages can be paged to its end without being cut for slowness', async () => {
  const count = 300;
  const large = 'x'.repeat(30_000);
  await sayAll(sender, room, texts(count, large));
  const offsets: unknown[] = [];
  for (let before = count + 1, more = true; more; before = Number(offsets[0])) {
    const page = await sender.request({ type: 'HISTORY', room, before, limit: MOST });
    offsets.unshift(...pluck(page['messages'] as Frame[], 'offset'));
    more = page['more'] === true;
  }
  expect(offsets).toEqual(range(1, count));
  expect(await sender.request({ type: 'PING' })).toMatchObject({ type: 'PONG' });
});
