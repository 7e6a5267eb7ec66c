// What the client costs a page: its minified module, compressed as servers do.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { print } from '../faults/print.js';

const MAX_BYTES = 8_000;

it('the client is small', async () => {
  const module = await readFile(new URL('../../client/dist/roomcast.min.js', import.meta.url));
  const bytes = gzipSync(module, { level: 9 }).length;
  print('client: size', { minified: module.length, gzip: bytes });
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
});
