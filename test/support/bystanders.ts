// The other clients of a server that is being mistreated: nothing of it may reach them.
import { expect } from '@jest/globals';
import type { AppProcess } from './app-process.js';
import { join, newRoom, say } from './chat.js';
import { TestClient } from './test-client.js';

export interface Bystanders {
  /** The same process serves them as ever: PONG, a message in their room, and nothing else. */
  expectUndisturbed(): Promise<void>;
  leave(): void;
}

/** Two clients in a room of their own. */
export async function bystandersOf(app: AppProcess): Promise<Bystanders> {
  const room = newRoom();
  const [speaker, listener] = [await TestClient.connect(app.url), await TestClient.connect(app.url)];
  const both = [speaker, listener];
  for (const client of both) {
    await join(client, room);
    await client.next('WELCOME');
  }
  let said = 0;
  let lastUptime = 0;

  const expectUndisturbed = async (): Promise<void> => {
    const message = `all is well ${++said}`;
    expect(await listener.request({ type: 'PING' })).toEqual({ type: 'PONG', id: expect.any(String) });
    const { offset } = await say(speaker, room, message);
    for (const client of both) {
      expect(await client.next('MESSAGE')).toMatchObject({ room, offset, message });
      expect(await client.fence()).toEqual([]);
    }
    const { status, uptime } = await app.health();
    expect(status).toBe('ok');
    // A process that was started anew would begin at 0 again.
    expect(uptime).toBeGreaterThanOrEqual(lastUptime);
    lastUptime = Number(uptime);
  };
  const leave = (): void => both.forEach((client) => client.terminate());
  return { expectUndisturbed, leave };
}
