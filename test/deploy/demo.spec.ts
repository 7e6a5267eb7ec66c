// npm run demo: it chats across instances behind nginx, and leaves nothing running.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { hear, join, newRoom, say } from '../support/chat.js';
import { EchoServer } from '../support/echo-server.js';
import { freePort, isFree } from '../support/free-port.js';
import { OwnedProcess } from '../support/owned-process.js';
import { Stage } from '../support/stage.js';
import { TestClient } from '../support/test-client.js';

const DEMO = fileURLToPath(new URL('../../docker/demo/demo.mjs', import.meta.url));
const TIMEOUT_MS = 200_000;

const stage = new Stage();
afterEach(() => stage.clear());

async function startDemo(env: Record<string, string>): Promise<OwnedProcess> {
  const demo = await OwnedProcess.spawn(process.execPath, [DEMO], { env: { NODE_ENV: 'test', ...env } });
  stage.onClear(() => demo.stop());
  return demo;
}

async function connect(port: number): Promise<TestClient> {
  const client = await TestClient.connect(`ws://127.0.0.1:${port}/ws`);
  stage.onClear(() => client.terminate());
  return client;
}

describe('npm run demo', () => {
  it('is what these tests run', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(scripts.demo).toBe('node docker/demo/demo.mjs');
  });

  it(
    'chats across instances, tells its address, and leaves nothing when it is stopped',
    async () => {
      const port = await freePort();
      const demo = await startDemo({ PORT: String(port) });
      await demo.line(new RegExp(`Open http://localhost:${port} `), TIMEOUT_MS);
      const ports = demo.logs.flatMap((line) => /Listening on http:\/\/\S+:(\d+)/.exec(line)?.[1] ?? []);
      expect(ports).toHaveLength(3);

      // The fewest connections are each time on another one.
      const [ada, bob] = [await connect(port), await connect(port)];
      const room = newRoom();
      await join(ada, room);
      await join(bob, room);
      await say(ada, room, 'Hello');
      expect(await hear(bob, room, 1)).toMatchObject([{ message: 'Hello' }]);
      const healths = await Promise.all(ports.map((each) => fetch(`http://127.0.0.1:${each}/health`)));
      const counts = await Promise.all(
        healths.map(async (each) => (await each.json()) as { connections: number }),
      );
      expect(counts.map(({ connections }) => connections).filter((count) => count > 1)).toEqual([]);

      expect(await demo.kill('SIGINT', TIMEOUT_MS)).toEqual({ code: 0, signal: null });
      for (const each of [port, ...ports.map(Number)]) expect(await isFree(each)).toBe(true);
      const redis = demo.logs
        .flatMap((line) => /port=(\d+)|Port: (\d+)/.exec(line)?.slice(1) ?? [])
        .find(Boolean);
      expect(await isFree(Number(redis))).toBe(true);
    },
    2 * TIMEOUT_MS,
  );

  it('says what to do when its port is taken', async () => {
    const echo = await EchoServer.start();
    stage.onClear(() => echo.stop());
    const demo = await startDemo({ PORT: String(echo.port) });
    expect(await demo.exited).toEqual({ code: 1, signal: null });
    expect(demo.logs.join('\n')).toContain(`Port ${echo.port} can't be used (EADDRINUSE)`);
  });

  it('says what to install when something is missing', async () => {
    const demo = await startDemo({ PATH: '/nowhere' });
    expect(await demo.exited).toEqual({ code: 1, signal: null });
    expect(demo.logs[0]).toMatch(/The demo needs .*redis-server/);
  });
});
