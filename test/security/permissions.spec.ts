// Every command with every kind of right: who may do what in which room.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { hear, join, newRoom, say } from '../support/chat.js';
import { within } from '../support/deadline.js';
import { frameOf } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';
import { goodToken, nowSeconds, SECRET } from './forge.js';
import { exchange, upgradeRequest } from './raw-http.js';
import { kindOf } from './replies.js';

const TIMEOUT_MS = 10_000;
/** Shown as a fixed token, it has no claims at all. */
const BEARER = 'a-static-token-of-a-trusted-client';

const shared = new Stage();
const stage = new Stage();
afterEach(() => stage.clear());
afterAll(() => shared.clear());

const RIGHTS = {
  none: [],
  read: ['read'],
  write: ['write'],
  'read+write': ['read', 'write'],
  moderate: ['moderate'],
  all: ['read', 'write', 'moderate'],
} as const;

/** How a client came to have its rights: the claim of its token, or what is given where there is none. */
type Standing = keyof typeof RIGHTS | 'all of another room' | 'no claim' | 'no token' | 'bearer';
const STANDINGS = [...Object.keys(RIGHTS), 'all of another room'] as Standing[];
const UNCLAIMED: Standing[] = ['no claim', 'no token', 'bearer'];

interface Row {
  readonly command: string;
  readonly members?: object;
  /** The reply's type or code by what is allowed. */
  readonly expected: (rights: { read: boolean; write: boolean; moderate: boolean }) => string;
}

const readable =
  (reply: string): Row['expected'] =>
  ({ read }) =>
    read ? reply : 'FORBIDDEN';
const spoken =
  (reply: string): Row['expected'] =>
  ({ read, write }) =>
    write ? (read ? reply : 'NOT_SUBSCRIBED') : 'FORBIDDEN';

const ROWS: Row[] = [
  { command: 'SUBSCRIBE', expected: readable('SUBSCRIBED') },
  { command: 'SUBSCRIBE', members: { since: { epoch: 'e', offset: 0 } }, expected: readable('SUBSCRIBED') },
  { command: 'SUBSCRIBE', members: { history: 300 }, expected: readable('SUBSCRIBED') },
  { command: 'HISTORY', expected: readable('HISTORY') },
  { command: 'MEMBERS', expected: readable('MEMBERS') },
  { command: 'SEND_MESSAGE', members: { message: 'x' }, expected: spoken('ACK') },
  // It has no reply of its own, so what comes instead is the PONG behind it.
  { command: 'TYPING', members: { typing: true }, expected: spoken('PONG') },
  {
    command: 'KICK',
    members: { user: 'u-nobody' },
    expected: ({ moderate }) => (moderate ? 'KICKED' : 'FORBIDDEN'),
  },
  { command: 'UNSUBSCRIBE', expected: () => 'UNSUBSCRIBED' },
  { command: 'PING', expected: () => 'PONG' },
];

interface Connected {
  readonly client: TestClient;
  readonly token: string;
}

async function clientOf(app: AppProcess, standing: Standing, room: string, path = '/'): Promise<Connected> {
  const claims: Partial<Record<Standing, object>> = {
    'all of another room': {
      [`${room}-other`]: RIGHTS.all,
      'other-*': RIGHTS.all,
      [`*${room}*x`]: RIGHTS.all,
    },
    ...Object.fromEntries(Object.entries(RIGHTS).map(([name, rights]) => [name, { [room]: rights }])),
  };
  const token = standing === 'bearer' ? BEARER : goodToken({ rooms: claims[standing] });
  const headers: Record<string, string> = standing === 'no token' ? {} : { Authorization: `Bearer ${token}` };
  const client = await stage.connect(app.url + path, { headers });
  await client.next('WELCOME');
  return { client, token };
}

function rightsOf(standing: Standing, roomsDefault: string): Parameters<Row['expected']>[0] {
  const unclaimed: readonly string[] = roomsDefault === 'open' ? RIGHTS['read+write'] : RIGHTS.none;
  const claimed: readonly string[] = standing in RIGHTS ? RIGHTS[standing as keyof typeof RIGHTS] : [];
  const rights = UNCLAIMED.includes(standing) ? unclaimed : claimed;
  return {
    read: rights.includes('read'),
    write: rights.includes('write'),
    moderate: rights.includes('moderate'),
  };
}

/** The type or code of what a command is answered with; of the PONG behind it where it has no reply. */
async function answerTo(client: TestClient, command: object): Promise<string> {
  client.send({ ...command, id: 'asked' });
  client.send({ type: 'PING', id: 'behind' });
  const reply = await client.next(({ id }) => id === 'asked' || id === 'behind');
  if (reply['id'] === 'asked') await client.next(({ id }) => id === 'behind');
  return kindOf(reply);
}

describe.each(['open', 'closed'])('with ROOMS_DEFAULT=%s', (roomsDefault) => {
  let app: AppProcess;
  beforeAll(async () => {
    app = await shared.app({ JWT_SECRET: SECRET, BEARER_TOKENS: BEARER, ROOMS_DEFAULT: roomsDefault });
  });

  const standings = [...STANDINGS, ...UNCLAIMED];
  const cells = ROWS.flatMap((row) => standings.map((standing) => ({ ...row, standing })));

  it.each(cells)('$command $members with $standing', async ({ command, members, standing, expected }) => {
    const room = newRoom();
    const { client } = await clientOf(app, standing, room);
    const answer = expected(rightsOf(standing, roomsDefault));
    // Being a member is another matter, so whoever may be one is one.
    await client.request({ type: 'SUBSCRIBE', room });
    expect(await answerTo(client, { type: command, room, ...members })).toBe(answer);
    if (command === 'UNSUBSCRIBE') await client.request({ type: 'SUBSCRIBE', room });
    // `roomId` is the same door.
    expect(await answerTo(client, { type: command, roomId: room, ...members })).toBe(answer);
  });

  it.each(standings.filter((standing) => standing !== 'no token'))('AUTH with %s', async (standing) => {
    const { client, token } = await clientOf(app, standing, newRoom());
    expect(await answerTo(client, { type: 'AUTH', token })).toBe('AUTHENTICATED');
  });

  const mayRead = (standing: Standing): boolean => rightsOf(standing, roomsDefault).read;

  it.each(standings.filter(mayRead))('/ws/<room> with %s joins', async (standing) => {
    const room = newRoom();
    const { client } = await clientOf(app, standing, room, `/ws/${room}`);
    expect(await client.next()).toMatchObject({ type: 'SUBSCRIBED', room });
  });

  it.each(standings.filter((standing) => !mayRead(standing)))(
    '/ws/<room> with %s is over',
    async (standing) => {
      const room = newRoom();
      const { client } = await clientOf(app, standing, room, `/ws/${room}`);
      expect((await within(client.closed, TIMEOUT_MS, 'The close')).code).toBe(4500);
      expect(client.queued).toMatchObject([{ type: 'ERROR', code: 'FORBIDDEN' }]);
    },
  );

  it('what is forbidden has not happened', async () => {
    const room = newRoom();
    const { client: member } = await clientOf(app, 'all', room);
    await join(member, room);
    await say(member, room, 'a secret');
    await member.next('MESSAGE');
    const refused = ROWS.filter(({ command }) => !['UNSUBSCRIBE', 'PING'].includes(command));
    for (const standing of ['none', 'all of another room', 'write'] as const) {
      const { client } = await clientOf(app, standing, room);
      for (const { command, members } of refused) {
        const { code } = await client.request({ type: command, room, ...members, user: 'u-ada' });
        expect(['FORBIDDEN', 'NOT_SUBSCRIBED']).toContain(code);
      }
      expect(await client.fence()).toEqual([]);
    }
    expect(await member.fence()).toEqual([]);
  });
});

describe('with an expired token', () => {
  let app: AppProcess;
  beforeAll(async () => {
    app = await shared.app({ JWT_SECRET: SECRET });
  });

  it('nobody gets in', async () => {
    const Authorization = `Bearer ${goodToken({ exp: nowSeconds() - 1 })}`;
    expect((await exchange(app.port, upgradeRequest({ headers: { Authorization } }))).status).toBe(401);
  });

  it.each(ROWS)('$command $members does nothing any more', async ({ command, members }) => {
    const room = newRoom();
    const [watcher, nobody] = [await stage.client(app), { user: 'u-nobody' }];
    const token = goodToken({ sub: newRoom(), rooms: { '*': RIGHTS.all }, exp: nowSeconds() + 3 });
    const raw = await stage.raw(app.port, { path: `/ws/${room}?token=${token}`, answersClose: false });
    expect(await within(raw.closed, TIMEOUT_MS, 'The close')).toBe(4500);
    await join(watcher, room, { history: 10 });
    // The TCP connection is still there, and what comes on it is not obeyed.
    raw.write(frameOf(JSON.stringify({ type: command, id: 1, room, ...nobody, ...members })));
    await within(raw.gone, TIMEOUT_MS, 'The end of the TCP connection');
    const heard = (await watcher.fence()).map(({ type }) => String(type));
    expect(heard.filter((type) => !type.startsWith('MEMBER'))).toEqual([]);
  });
});

describe('a refresh with other rights', () => {
  let app: AppProcess;
  beforeAll(async () => {
    app = await shared.app({ JWT_SECRET: SECRET });
  });

  it('takes the connection out of the rooms it may no longer read, and nothing more comes of them', async () => {
    const [kept, lost] = [newRoom(), newRoom()];
    const { client: speaker } = await clientOf(app, 'no claim', kept);
    const client = await stage.connect(app.url, {
      headers: { Authorization: `Bearer ${goodToken({ sub: 'u-bob', rooms: { 'room-*': RIGHTS.all } })}` },
    });
    for (const room of [kept, lost]) await Promise.all([join(client, room), join(speaker, room)]);
    await say(speaker, lost, 'before');
    await hear(client, lost, 1);

    const fewer = goodToken({ sub: 'u-bob', rooms: { [kept]: ['read'] } });
    expect(await client.request({ type: 'AUTH', token: fewer })).toMatchObject({ type: 'AUTHENTICATED' });
    expect(await client.next('UNSUBSCRIBED')).toEqual({
      type: 'UNSUBSCRIBED',
      room: lost,
      reason: 'forbidden',
    });
    await client.fence();
    await say(speaker, lost, 'after');
    await say(speaker, kept, 'still');
    expect(await hear(client, kept, 1)).toMatchObject([{ message: 'still' }]);
    expect((await client.fence()).filter(({ room }) => room === lost)).toEqual([]);
    // And each command is judged by the new rights.
    const command = { type: 'SEND_MESSAGE', room: kept, message: 'x' };
    expect(await client.request(command)).toMatchObject({ code: 'FORBIDDEN' });
    const since = { type: 'SUBSCRIBE', room: lost, since: { epoch: 'e', offset: 0 } };
    expect(await client.request(since)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await client.request({ type: 'KICK', room: kept, user: 'u-ada' })).toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('lets it do more, if it says more', async () => {
    const room = newRoom();
    const { client } = await clientOf(app, 'none', room);
    expect(await client.request({ type: 'SUBSCRIBE', room })).toMatchObject({ code: 'FORBIDDEN' });
    await client.request({ type: 'AUTH', token: goodToken({ rooms: { [room]: ['read', 'write'] } }) });
    await join(client, room);
    await say(client, room, 'x');
    expect(await hear(client, room, 1)).toMatchObject([{ message: 'x' }]);
  });
});
