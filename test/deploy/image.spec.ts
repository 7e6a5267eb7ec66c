// docker/Dockerfile: nothing to complain of; what comes of its steps, replayed in clean
// directories, runs in a read-only root as an ordinary user.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { hear, join, say } from '../support/chat.js';
import { eventually } from '../support/deadline.js';
import { freePort } from '../support/free-port.js';
import type { OwnedProcess } from '../support/owned-process.js';
import { TestClient } from '../support/test-client.js';
import { buildImage, DOCKERFILE, type Image } from './image-build.js';
import { runInSandbox, startInSandbox } from './sandbox.js';

const BUILD_TIMEOUT_MS = 600_000;
/** A cold start, on a machine that has much else to do. */
const READY_TIMEOUT_MS = 180_000;

/** Tries to write to each path; prints what came of it, and as whom. */
const PROBE = `
  const { writeFileSync } = require('node:fs');
  const tried = ['/x', '/app/x', '/app/dist/x', '/tmp/x', '/etc/x'].map((path) => {
    try { writeFileSync(path, ''); return 'written'; } catch ({ code }) { return code; }
  });
  console.log(JSON.stringify({ uid: process.getuid(), pid: process.pid, tried }));
`;

describe('docker/Dockerfile', () => {
  it('has nothing that its linter complains of', async () => {
    expect(validate(await readFile(DOCKERFILE, 'utf8'))).toEqual([]);
  });
});

describe('the image that comes of docker/Dockerfile', () => {
  let image: Image;
  let env: Record<string, string>;
  let instance: OwnedProcess;

  beforeAll(async () => {
    image = await buildImage();
    const settings = { PORT: String(await freePort()), JWT_SECRET: randomBytes(48).toString('base64') };
    env = { ...image.env, ...settings };
    instance = await startInSandbox(image.command, { app: image.app, env });
    await instance.line(/Listening on/, READY_TIMEOUT_MS);
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    await instance?.kill();
    await image?.remove();
  });

  it('is run by a user that is not root, told as a number, with nothing to write to', async () => {
    expect(image.user).toBe('1000:1000');
    const [line = ''] = (await runInSandbox(['node', '-e', PROBE], { app: image.app })).split('\n').slice(-1);
    const { uid, pid, tried } = JSON.parse(line);
    expect({ uid, pid }).toEqual({ uid: 1000, pid: 1 });
    for (const result of tried) expect(result).toMatch(/^(EROFS|ENOENT|EACCES)$/);
  });

  it('runs what `npm start` runs', async () => {
    const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { scripts } = JSON.parse(manifest) as { scripts: { start: string } };
    expect(image.command).toEqual(scripts.start.split(' '));
  });

  it('is in production mode, and has no more than it needs', async () => {
    expect(image.env).toEqual({ NODE_ENV: 'production' });
    const inside = await runInSandbox(['sh', '-c', 'ls -A . node_modules dist/native'], { app: image.app });
    const names = inside.split('\n');
    expect(names).toEqual(expect.arrayContaining(['package.json', 'dist', 'ws', 'send-loop.node']));
    for (const needless of ['src', 'test', '.env', 'typescript', 'jest'])
      expect(names).not.toContain(needless);
  });

  it('answers its health check', async () => {
    await eventually(
      () => runInSandbox(image.healthCheck, { app: image.app, env }),
      READY_TIMEOUT_MS,
      'health',
    );
    const wrong = { app: image.app, env: { ...env, PORT: String(await freePort()) } };
    await expect(runInSandbox(image.healthCheck, wrong)).rejects.toThrow(/ended with 1/);
  });

  it('chats', async () => {
    const client = await TestClient.connect(`ws://127.0.0.1:${env['PORT']}/ws`);
    await join(client, 'general');
    await say(client, 'general', 'Hello from a container');
    expect(await hear(client, 'general', 1)).toMatchObject([{ message: 'Hello from a container' }]);
    await client.close();
  });

  it('ends with 0 on SIGTERM, though it is process 1', async () => {
    const [child] = (await readFile(`/proc/${instance.pid}/task/${instance.pid}/children`, 'utf8')).split(
      ' ',
    );
    process.kill(Number(child), 'SIGTERM');
    expect(await instance.exited).toEqual({ code: 0, signal: null });
  });
});
