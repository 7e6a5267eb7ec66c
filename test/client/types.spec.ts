// The published types: complete by themselves in a page, and as exact as client/test/types/page.ts demands.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

it('the types say what the client does', async () => {
  const args = ['node_modules/typescript/bin/tsc', '--project', 'client/test/types'];
  const compiled = await promisify(execFile)(process.execPath, args, { cwd: REPOSITORY }).catch(
    (error: { stdout: string }) => error,
  );
  expect(compiled.stdout).toBe('');
}, 120_000);
