// JSON-RPC 2.0 over two instances, by the public project's own examples.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { newRoom } from '../support/chat.js';
import { eventually } from '../support/deadline.js';
import { Stage } from '../support/stage.js';
import type { TestClient } from '../support/test-client.js';

/** Two instances and a Redis, on however busy a machine. */
const START_TIMEOUT_MS = 120_000;

const stage = new Stage();
let a: AppProcess;
let b: AppProcess;

beforeAll(async () => {
  ({ a, b } = await stage.pair());
}, START_TIMEOUT_MS);
afterAll(() => stage.clear());

/** Like its wscat: connected to /ws with no subprotocol, and known to hear what is broadcast. */
async function wscat(app: AppProcess, speaker: TestClient): Promise<TestClient> {
  const client = await stage.connect(`${app.url}/ws`, { protocols: [] });
  const knock = `knock ${newRoom()}`;
  await eventually(
    async () => {
      speaker.send({ jsonrpc: '2.0', method: 'broadcast', params: { text: knock }, id: knock });
      await client.next((frame) => isRequest(frame) && frame['id'] === knock, 200);
    },
    20_000,
    'what is broadcast is heard',
  );
  return client;
}

function isRequest(frame: object): boolean {
  return 'method' in frame;
}

describe('the public project’s examples', () => {
  const broadcast =
    '{"jsonrpc":"2.0","method":"broadcast","params":{"text":"Hello from distributed system!"},"id":1}';

  it('broadcast reaches all terminals, on whichever instance, as it was sent', async () => {
    const speaker = await stage.connect(`${a.url}/ws`, { protocols: [] });
    const terminals = [await wscat(a, speaker), await wscat(b, speaker)];
    speaker.send(broadcast);
    for (const terminal of [speaker, ...terminals]) {
      expect(await terminal.next((frame) => isRequest(frame) && frame['id'] === 1)).toEqual(
        JSON.parse(broadcast),
      );
    }
    expect(await speaker.next((frame) => 'result' in frame && frame['id'] === 1)).toEqual({
      jsonrpc: '2.0',
      result: { status: 'broadcasted', text_length: 30 },
      id: 1,
    });
  });

  it('self.reply is heard by its sender alone', async () => {
    const speaker = await stage.connect(`${a.url}/ws`, { protocols: [] });
    const other = await wscat(b, speaker);
    speaker.send({ jsonrpc: '2.0', method: 'self.reply', params: { text: 'Reply only to me!' }, id: 2 });
    expect(await speaker.next((frame) => frame['id'] === 2)).toEqual({
      jsonrpc: '2.0',
      result: { echo: 'Reply only to me!', text_length: 17 },
      id: 2,
    });
    speaker.send({ jsonrpc: '2.0', method: 'broadcast', params: { text: 'after it' }, id: 3 });
    await other.next((frame) => frame['id'] === 3);
    expect(other.queued.filter((frame) => frame['id'] === 2)).toEqual([]);
  });

  it.each([
    ['{"jsonrpc":"2.0","method":"none","id":4}', -32601, 'Method not found', { method: 'none' }],
    [
      '{"jsonrpc":"1.0","method":"broadcast","id":4}',
      -32600,
      'Invalid Request',
      { detail: "jsonrpc version must be '2.0'" },
    ],
    ['{"jsonrpc":"2.0","id":4}', -32600, 'Invalid Request', { detail: 'method is required' }],
    [
      '{"jsonrpc":"2.0","method":"broadcast","params":[],"id":4}',
      -32602,
      'Invalid params',
      { expected: 'object' },
    ],
    [
      '{"jsonrpc":"2.0","method":"broadcast","params":{"text":""},"id":4}',
      -32602,
      'Invalid params',
      { detail: 'text field is required and must be a non-empty string' },
    ],
  ])('%s fails in its words', async (text, code, message, data) => {
    const client = await stage.connect(`${b.url}/ws`, { protocols: [] });
    client.send(text);
    const { error } = await client.next((frame) => 'error' in frame);
    expect(error).toMatchObject({ code, message, data });
  });

  it('health and metrics answer', async () => {
    for (const { http } of [a, b]) {
      expect((await fetch(`${http}/health`)).status).toBe(200);
      expect((await fetch(`${http}/metrics`)).status).toBe(200);
    }
  });
});
