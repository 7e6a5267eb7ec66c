// The READMEs' examples, run against a real server: what they show is what happens.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { OwnedProcess } from '../support/owned-process.js';
import { Stage } from '../support/stage.js';
import { examples, patternOf } from './readme.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 20_000;
/** What browsers have, and Node 20 has not. */
const BROWSER = "import { WebSocket as ws } from 'ws'; globalThis.WebSocket ??= ws;\n";

const stage = new Stage();
let app: AppProcess;

beforeAll(async () => {
  app = await stage.app();
}, 60_000);
afterAll(() => stage.clear());

/** Runs an example as a module; resolves with the first line it prints that matches. */
async function run(example: string, expected: RegExp): Promise<string> {
  const code = BROWSER + example.replaceAll('localhost:8080', `127.0.0.1:${app.port}`);
  const process = await OwnedProcess.spawn(globalThis.process.execPath, ['--input-type=module', '-e', code], {
    cwd: REPOSITORY,
  });
  stage.onClear(() => process.stop());
  return process.whileRunning(
    process.line(expected, TIMEOUT_MS),
    TIMEOUT_MS,
    `the example prints ${expected}`,
  );
}

describe('README.md', () => {
  it('shows a session as it is', async () => {
    const [session] = await examples('README.md', 'console');
    const client = await stage.connect(app.url);
    const lines = session!.split('\n').filter((line) => /^[<>] /.test(line));
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      const frame = line.slice(2);
      if (line.startsWith('>')) client.send(frame);
      else await client.next((received) => patternOf(frame).test(JSON.stringify(received)));
    }
  });

  it('shows how a page speaks the protocol, and how it uses the client', async () => {
    const [raw, withClient, ...others] = await examples('README.md', 'js');
    expect(others).toEqual([]);
    expect(await run(raw!, /SUBSCRIBED/)).toContain('SUBSCRIBED');
    expect(await run(withClient!, /Hello/)).toMatch(/^guest-.*: Hello$/);
  });
});

describe('client/README.md', () => {
  it('shows how to talk, to follow the connection, and to get tokens', async () => {
    const [talk, follow, tokens, ...others] = await examples('client/README.md', 'js');
    expect(others).toEqual([]);
    expect(await run(talk!, /Hello/)).toMatch(/^guest-.*: Hello$/);
    expect(await run(follow!, /You are/)).toMatch(/^You are guest-/);
    expect(await run(tokens!, /Ada/)).toBe('Ada');
  });
});
