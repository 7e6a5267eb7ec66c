// Small steps which several scenarios take with plain test clients.
import { TestClient } from '../support/test-client.js';

export async function member(url: string, room: string, past: object = {}): Promise<TestClient> {
  const client = await TestClient.connect(url);
  await client.next('WELCOME');
  const reply = await client.request({ type: 'SUBSCRIBE', room, ...past });
  if (reply.type !== 'SUBSCRIBED') throw new Error(`not subscribed: ${JSON.stringify(reply)}`);
  return client;
}

/** Sends until it is acknowledged; for phases in which the broker may be away. */
export async function sendUntilStored(
  client: TestClient,
  message: { room: string; message: string; messageId: string },
): Promise<{ offset: number; duplicate: boolean }> {
  for (;;) {
    const reply = await client.request({ type: 'SEND_MESSAGE', ...message });
    if (reply.type === 'ACK')
      return { offset: Number(reply['offset']), duplicate: reply['duplicate'] === true };
    if (reply['code'] !== 'UNAVAILABLE') throw new Error(`refused: ${JSON.stringify(reply)}`);
  }
}
