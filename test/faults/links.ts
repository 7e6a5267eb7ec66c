// What happens to the links between instances and their broker.
import { setTimeout as pause } from 'node:timers/promises';
import type { Fleet } from './fleet.js';

/** Cuts all links of all instances `times` times, once each `everyMs`. */
export async function cutRepeatedly({ members }: Fleet, times: number, everyMs: number): Promise<void> {
  for (let round = 0; round < times; round++) {
    await pause(everyMs);
    for (const { proxy } of members) proxy.cut();
  }
}
