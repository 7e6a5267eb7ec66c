// Loaded into every server before its own code: tells what it uses where /proc can't, and collects its garbage.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answer, usage } from './answer.mjs';

/** @returns KB that JavaScript still holds */
function collect() {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024;
}

answer({ usage, collect });
