// Getting connected: paths, subprotocols, the greeting, and what plain HTTP says of it.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { healthTells, hear, join, newRoom, pluck, say } from '../support/chat.js';
import { eventually, within } from '../support/deadline.js';
import { frameOf } from '../support/raw-socket.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 5000;

const shared = new Stage();
const stage = new Stage();
let app: AppProcess;

beforeAll(async () => {
  app = await shared.app();
});
afterEach(() => stage.clear());
afterAll(() => shared.clear());

describe('WELCOME', () => {
  it('comes at once where the subprotocol names the dialect', async () => {
    const client = await stage.connect(app.url, { protocols: ['roomcast.v1'] });
    expect(await client.next()).toEqual({
      type: 'WELCOME',
      connectionId: expect.stringMatching(/^c-./),
      user: { id: expect.stringMatching(/^u-./), name: expect.stringMatching(/./) },
      limits: { maxFrameBytes: 65_536, maxRooms: 100 },
      heartbeatMs: 25_000,
    });
    expect(await client.fence()).toEqual([]);
  });

  it('comes right before the first reply where none was offered, and only once', async () => {
    // In a room by its path, so that a message shows that nothing had come before it.
    const room = newRoom();
    const client = await stage.connect(`${app.url}/ws/${room}`, { protocols: [] });
    const sender = await stage.client(app);
    await join(sender, room);
    await eventually(
      async () => expect((await say(sender, room, 'knock')) && client.queued.length).toBeGreaterThan(0),
      TIMEOUT_MS,
      'the member of the path hears the room',
    );
    client.send({ type: 'PING', id: 1 });
    client.send({ type: 'PING', id: 2 });
    await client.next((frame) => frame['id'] === 2);
    const types = pluck([...client.queued], 'type');
    expect(types.filter((type) => type !== 'MESSAGE')).toEqual(['WELCOME', 'PONG']);
    expect(types[0]).toBe('MESSAGE');
  });

  it('tells every connection its own id', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => stage.connect(app.url)));
    const greetings = await Promise.all(clients.map((client) => client.next('WELCOME')));
    expect(new Set(pluck(greetings, 'connectionId')).size).toBe(3);
  });

  it('tells the limits and the heartbeat as they are configured', async () => {
    const env = { MAX_ROOMS: '2', MAX_FRAME_BYTES: '2048', HEARTBEAT_INTERVAL: '7s' };
    const other = await stage.app(env);
    const client = await stage.connect(other.url);
    const limits = { maxFrameBytes: 2048, maxRooms: 2 };
    expect(await client.next('WELCOME')).toMatchObject({ limits, heartbeatMs: 7000 });
    client.send({ type: 'PING', pad: 'x'.repeat(2048) });
    expect(await within(client.closed, TIMEOUT_MS, 'The close')).toMatchObject({ code: 1009 });
  });
});

describe('subprotocols', () => {
  it.each([
    [['roomcast.v1'], 'roomcast.v1'],
    [['something.else', 'roomcast.v1'], 'roomcast.v1'],
    [[], ''],
  ])('%j are answered with "%s"', async (protocols, chosen) => {
    const client = await stage.connect(app.url, { protocols });
    expect(client.protocol).toBe(chosen);
  });

  it.each([
    [['roomcast.v1', 'roomcast.token.abc'], /^roomcast\.v1$|401/],
    [['roomcast.token.abc', 'roomcast.v1'], /^roomcast\.v1$|401/],
    [['roomcast.token.abc'], /Server sent no subprotocol|401/],
    [['something.else', 'roomcast.token.abc'], /Server sent no subprotocol|401/],
  ])('a token among %j is never echoed', async (protocols, outcome) => {
    const connected = stage.connect(app.url, { protocols }).then(
      (client) => client.protocol,
      (error: Error) => error.message,
    );
    expect(await connected).toMatch(outcome);
  });
});

describe('paths', () => {
  it.each(['/', '/ws', '/?x=1', '/ws?y=1'])('%s is served, and joins no room', async (path) => {
    const client = await stage.connect(app.url + path);
    await client.next('WELCOME');
    expect(await client.fence()).toEqual([]);
  });

  it.each([
    ['general', 'general'],
    ['a%40b', 'a@b'],
    ['9_.:@-', '9_.:@-'],
    ['x?y=z', 'x'],
  ])('/ws/%s joins %s', async (path, room) => {
    const client = await stage.connect(`${app.url}/ws/${path}`);
    expect(await client.next()).toMatchObject({ type: 'WELCOME' });
    const joined = await client.next();
    expect(joined).toMatchObject({ type: 'SUBSCRIBED', room, replayed: 0 });
    expect(joined).not.toHaveProperty('id');
    await say(client, room, 'hello');
    expect(await hear(client, room, 1)).toMatchObject([{ message: 'hello' }]);
  });

  it('/ws/<room> is a member also before it said anything in a dialect', async () => {
    const room = newRoom();
    const client = await stage.connect(`${app.url}/ws/${room}`, { protocols: [] });
    expect(await client.request({ type: 'SEND_MESSAGE', room, message: 'x' })).toMatchObject({ type: 'ACK' });
    expect(await hear(client, room, 1)).toMatchObject([{ offset: 1 }]);
  });

  it.each([
    '/wsx',
    '/ws/',
    '/ws/a/b',
    '/ws/a%2Fb',
    '/ws/%zz',
    '/ws/.hidden',
    `/ws/${'x'.repeat(129)}`,
    '/ws/__proto__',
    '/health',
    '/socket.io/?transport=websocket',
  ])('%s is 404 at the upgrade', async (path) => {
    await expect(stage.connect(app.url + path)).rejects.toThrow('Unexpected server response: 404');
  });
});

describe('frames that arrive together with the handshake', () => {
  it('are neither lost nor run early, and are answered in their order', async () => {
    const room = newRoom();
    const commands = [
      { type: 'SUBSCRIBE', id: 1, room },
      { type: 'SEND_MESSAGE', id: 2, room, message: 'early' },
      { type: 'PING', id: 3 },
    ];
    const early = commands.map((command) => frameOf(JSON.stringify(command)));
    const raw = await stage.raw(app.port, { early });
    const frames = [];
    for (const _ of [...commands, 'WELCOME', 'MESSAGE']) frames.push(await raw.next());
    const replies = frames.filter(({ type }) => type !== 'MESSAGE');
    expect(pluck(replies, 'type')).toEqual(['WELCOME', 'SUBSCRIBED', 'ACK', 'PONG']);
    expect(frames).toContainEqual(expect.objectContaining({ type: 'MESSAGE', message: 'early' }));
  });

  it('do not overtake the room of the path', async () => {
    const room = newRoom();
    const early = [frameOf(JSON.stringify({ type: 'SEND_MESSAGE', id: 1, room, message: 'early' }))];
    const raw = await stage.raw(app.port, { path: `/ws/${room}`, early });
    const frames = [await raw.next(), await raw.next(), await raw.next(), await raw.next()];
    expect(new Set(pluck(frames, 'type'))).toEqual(new Set(['WELCOME', 'SUBSCRIBED', 'ACK', 'MESSAGE']));
  });
});

describe('plain HTTP', () => {
  it('GET /health tells status, uptime, connections and rooms', async () => {
    const other = await stage.app();
    const response = await fetch(`${other.http}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const uptime: unknown = expect.any(Number);
    expect(await response.json()).toEqual({ status: 'ok', uptime, connections: 0, rooms: 0 });

    const [one, two] = [await stage.client(other), await stage.client(other)];
    await join(one, 'a');
    await join(two, 'a');
    await join(two, 'b');
    expect(await other.health()).toEqual({ status: 'ok', uptime, connections: 2, rooms: 2 });
  });

  it('on an unknown path is 404', async () => {
    const response = await fetch(`${app.http}/no-such-path`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    expect(response.status).toBe(404);
  });

  it('an upgrade to something else leaves the server alone', async () => {
    const client = await stage.client(app);
    const asking = request(app.http, { headers: { connection: 'Upgrade', upgrade: 'h2c' } }).end();
    const [response] = (await within(once(asking, 'response'), TIMEOUT_MS, 'The refusal')) as [
      IncomingMessage,
    ];
    expect([400, 426]).toContain(response.statusCode);
    expect(await client.fence()).toEqual([]);
    await healthTells(app, { connections: 1 });
  });
});
