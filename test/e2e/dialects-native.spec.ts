// The native dialect over two instances, as the public project it has grown from shows it.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { AppProcess } from '../support/app-process.js';
import { eventually, within } from '../support/deadline.js';
import { Stage } from '../support/stage.js';

const TIMEOUT_MS = 120_000;

const stage = new Stage();
let a: AppProcess;
let b: AppProcess;

beforeAll(async () => {
  ({ a, b } = await stage.pair());
}, TIMEOUT_MS);
afterAll(() => stage.clear());

/** As in its README: no path, no subprotocol; what it hears is written down. */
async function open(app: AppProcess): Promise<{ ws: WebSocket; heard: Record<string, unknown>[] }> {
  const ws = new WebSocket(app.url);
  stage.onClear(() => ws.terminate());
  const heard: Record<string, unknown>[] = [];
  ws.addEventListener('message', ({ data }) => heard.push(JSON.parse(data as string) as (typeof heard)[0]));
  const opened = new Promise<void>((resolve) => ws.addEventListener('open', () => resolve()));
  await within(opened, TIMEOUT_MS, 'the connection is open');
  return { ws, heard };
}

it('plays the README: subscribe, send by roomId, unsubscribe', async () => {
  const [one, two] = [await open(a), await open(b)];
  const has = async (client: typeof one, type: string, members: object = {}): Promise<void> => {
    await eventually(
      () => expect(client.heard).toContainEqual(expect.objectContaining({ type, ...members })),
      20_000,
      `${type} is heard`,
    );
  };
  for (const client of [one, two]) {
    client.ws.send(JSON.stringify({ type: 'SUBSCRIBE', room: 'room1' }));
    await has(client, 'SUBSCRIBED', { room: 'room1' });
  }
  one.ws.send(JSON.stringify({ type: 'SEND_MESSAGE', roomId: 'room1', message: 'Hello, World!' }));
  for (const client of [one, two]) await has(client, 'MESSAGE', { room: 'room1', message: 'Hello, World!' });

  two.ws.send(JSON.stringify({ type: 'UNSUBSCRIBE', room: 'room1' }));
  await has(two, 'UNSUBSCRIBED', { room: 'room1' });
  one.ws.send(JSON.stringify({ type: 'SEND_MESSAGE', roomId: 'room1', message: 'alone' }));
  await has(one, 'MESSAGE', { message: 'alone' });
  two.ws.send(JSON.stringify({ type: 'PING' }));
  await has(two, 'PONG');
  expect(two.heard.filter(({ message }) => message === 'alone')).toEqual([]);
});
