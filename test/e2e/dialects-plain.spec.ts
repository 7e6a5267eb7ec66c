// The plain dialect over two instances: the public project's Postman messages and browser snippet work unchanged.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket as WsClient } from 'ws';
import type { AppProcess } from '../support/app-process.js';
import { newRoom } from '../support/chat.js';
import { eventually } from '../support/deadline.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';

/** Two instances and a Redis, on however busy a machine. */
const START_TIMEOUT_MS = 120_000;

const shared = new Stage();
const stage = new Stage();
let a: AppProcess;
let b: AppProcess;

beforeAll(async () => {
  ({ a, b } = await shared.pair());
}, START_TIMEOUT_MS);
afterEach(() => stage.clear());
afterAll(() => shared.clear());

/** Connected, and known to hear the lobby. */
async function listener(app: AppProcess, path = '/ws'): Promise<TestClient> {
  const client = await stage.connect(app.url + path, { protocols: [] });
  const probe = await stage.connect(app.url + path, { protocols: [] });
  const knock = `knock ${newRoom()}`;
  await eventually(
    async () => {
      probe.send({ sender: 'probe', content: knock });
      await client.next((frame) => frame['content'] === knock, 100);
    },
    10_000,
    'the lobby is heard',
  );
  await probe.close();
  return client;
}

/** The next frame that is not a knock. */
async function heard(client: TestClient): Promise<unknown> {
  return client.next(({ sender }) => sender !== 'probe');
}

describe('two tabs', () => {
  it('hear each other, and themselves', async () => {
    const [one, two] = [await listener(a), await listener(b)];
    const hello = { sender: 'Alice', content: 'Hello everyone!' };
    one.send(hello);
    expect(await heard(one)).toEqual(hello);
    expect(await heard(two)).toEqual(hello);
    two.send({ sender: 'Blob', content: 'hi' });
    expect(await heard(two)).toEqual({ sender: 'Blob', content: 'hi' });
    expect(await heard(one)).toEqual({ sender: 'Blob', content: 'hi' });
  });

  it('of the browser snippet log what is said', async () => {
    const listening = await listener(b);
    const lines: string[] = [];
    // What the snippet does, with the page around it left out.
    const ws = new WsClient(`${a.url}/ws`);
    stage.onClear(() => ws.terminate());
    const log = (message: string): number => lines.push(message);
    ws.addEventListener('open', () => {
      log('Connected');
      ws.send(JSON.stringify({ sender: 'Blob', content: 'typed' }));
    });
    ws.addEventListener('message', ({ data }) => log(data as string));
    expect(await heard(listening)).toEqual({ sender: 'Blob', content: 'typed' });
    await eventually(
      async () => expect(lines).toEqual(['Connected', '{"sender":"Blob","content":"typed"}']),
      5000,
      'the snippet logs its own message',
    );
  });
});

describe('a client', () => {
  it('hears what was said by one who never listened before, in the very order it was said', async () => {
    const silent = await listener(b);
    const speaker = await stage.connect(`${a.url}/ws`, { protocols: [] });
    for (let n = 1; n <= 50; n++) speaker.send({ sender: `name ${n}`, content: String(n) });
    for (let n = 1; n <= 50; n++) {
      const message = { sender: `name ${n}`, content: String(n) };
      expect(await heard(silent)).toEqual(message);
      expect(await heard(speaker)).toEqual(message);
    }
  });

  it('is told nothing of what it does wrong, and costs nobody else anything', async () => {
    const [one, two] = [await listener(a), await listener(b)];
    one.send({ sender: 'Alice', content: 'before' });
    for (const frame of ['{', '[]', { sender: 1, content: 2 }, { sender: 'Alice' }]) one.send(frame);
    one.send({ content: 'x'.repeat(33_000) });
    one.send({ sender: 'Alice', content: 'after' });
    for (const client of [one, two]) {
      expect(await heard(client)).toEqual({ sender: 'Alice', content: 'before' });
      expect(await heard(client)).toEqual({ sender: 'Alice', content: 'after' });
    }
    for (let strike = 0; strike < 5; strike++) one.send('{');
    expect((await one.closed).code).toBe(4501);
  });

  it('of a room by its path hears that room, and not the lobby', async () => {
    const room = newRoom();
    const [one, two] = [await listener(a, `/ws/${room}`), await listener(b, `/ws/${room}`)];
    const outside = await listener(b);
    one.send({ sender: 'Alice', content: 'inside' });
    outside.send({ sender: 'Eve', content: 'outside' });
    expect(await heard(two)).toEqual({ sender: 'Alice', content: 'inside' });
    expect(await heard(one)).toEqual({ sender: 'Alice', content: 'inside' });
    expect(await heard(outside)).toEqual({ sender: 'Eve', content: 'outside' });
    two.send({ sender: 'Bob', content: 'and again' });
    expect(await heard(one)).toEqual({ sender: 'Bob', content: 'and again' });
  });

  it('without a name has the one the server gave it', async () => {
    const one = await listener(a);
    one.send({ content: 'who am I?' });
    expect(await heard(one)).toEqual({ sender: expect.stringMatching(/^guest-/), content: 'who am I?' });
  });
});
