// Taking a user out of a room, by a moderator or an operator; and who counts as an operator.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, newRoom, say } from '../support/chat.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';
import { goodToken, SECRET } from './forge.js';
import { API_KEY, clientOf, oldToken, OPERATED, order } from './operator.js';

const TIMEOUT_MS = 20_000;

const stage = new Stage();
afterEach(() => stage.clear());

async function members(
  a: AppProcess,
  b: AppProcess,
): Promise<{ room: string; eves: TestClient[]; bob: TestClient }> {
  const room = newRoom();
  const eves = [await clientOf(stage, a, oldToken('u-eve')), await clientOf(stage, b, oldToken('u-eve'))];
  const bob = await clientOf(stage, b, oldToken('u-bob'));
  for (const client of [...eves, bob]) {
    await join(client, room);
    await join(client, `${room}-2`);
  }
  return { room, eves, bob };
}

async function expectKicked(
  room: string,
  { eves, bob }: { eves: TestClient[]; bob: TestClient },
): Promise<void> {
  for (const eve of eves) {
    expect(await eve.next('UNSUBSCRIBED', TIMEOUT_MS)).toEqual({
      type: 'UNSUBSCRIBED',
      room,
      reason: 'kicked',
    });
    expect(await eve.request({ type: 'SEND_MESSAGE', room, message: 'x' })).toMatchObject({
      code: 'NOT_SUBSCRIBED',
    });
  }
  await say(bob, room, 'peace');
  await say(bob, `${room}-2`, 'elsewhere');
  for (const eve of eves) {
    expect(await hear(eve, `${room}-2`, 1)).toMatchObject([{ message: 'elsewhere' }]);
    expect((await eve.fence()).filter(({ type }) => type === 'MESSAGE')).toEqual([]);
  }
  expect(await hear(bob, room, 1)).toMatchObject([{ message: 'peace' }]);
}

describe('a kick', () => {
  it('by a moderator takes the user out of the room on all instances, and out of no other', async () => {
    const { a, b } = await stage.pair(OPERATED);
    const { room, ...others } = await members(a, b);
    const moderator = await clientOf(stage, a, goodToken({ sub: 'u-mod', rooms: { [room]: ['moderate'] } }));
    expect(await moderator.request({ type: 'KICK', room, user: 'u-eve' })).toMatchObject({
      type: 'KICKED',
      room,
      user: 'u-eve',
    });
    await expectKicked(room, others);
    const elsewhere = { type: 'KICK', room: `${room}-2`, user: 'u-eve' };
    expect(await moderator.request(elsewhere)).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('by DELETE /api/rooms/:room/members/:id does the same', async () => {
    const { a, b } = await stage.pair(OPERATED);
    const { room, ...others } = await members(a, b);
    expect(await order(a, `rooms/${room}/members/u-eve`)).toBe(204);
    await expectKicked(room, others);
    expect(await order(a, `rooms/!control/members/u-eve`)).toBe(400);
    expect(await order(a, `rooms/${room}/members/${'x'.repeat(129)}`)).toBe(400);
  });

  it.each([{}, { user: '' }, { user: 5 }, { user: 'x'.repeat(129) }, { user: null }])(
    'of %j is BAD_REQUEST',
    async (who) => {
      const app = await stage.app(OPERATED);
      const moderator = await clientOf(stage, app, goodToken({ rooms: { '*': ['moderate'] } }));
      expect(await moderator.request({ type: 'KICK', room: 'general', ...who })).toMatchObject({
        code: 'BAD_REQUEST',
      });
      expect(await moderator.request({ type: 'KICK', room: '!control', user: 'u-x' })).toMatchObject({
        code: 'BAD_ROOM',
      });
    },
  );
});

describe('API_KEYS', () => {
  const paths = ['users/u-eve/connections', 'rooms/general/members/u-eve'];

  it.each(paths)('without one, /api/%s is 403 for everybody', async (path) => {
    const app = await stage.app({ JWT_SECRET: SECRET });
    for (const key of [null, '', 'any', 'undefined', SECRET, goodToken()])
      expect(await order(app, path, key)).toBe(403);
  });

  it.each(paths)('with them, /api/%s takes one of them', async (path) => {
    const app = await stage.app({ ...OPERATED, BEARER_TOKENS: 'static-token-of-a-client' });
    const client = await clientOf(stage, app, oldToken('u-eve'));
    const wrong = [
      null,
      '',
      'any',
      API_KEY.slice(1),
      `${API_KEY}x`,
      API_KEY.toUpperCase(),
      OPERATED.API_KEYS,
    ];
    const others = [...wrong, goodToken(), SECRET, 'static-token-of-a-client'];
    for (const key of others) expect(await order(app, path, key)).toBe(401);
    expect(await client.fence()).toEqual([]);
    expect(await order(app, path, 'another-key-of-the-operator')).toBe(204);
    expect(await order(app, path, API_KEY)).toBe(204);
  });
});
