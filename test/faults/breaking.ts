// How a scenario breaks things while the load runs on.
import { setTimeout as pause } from 'node:timers/promises';

/** Does something once each `everyMs`, `times` times, and lets the load run on for `afterMs`. */
export async function repeatedly(
  fault: () => unknown,
  { times = 1, everyMs, afterMs = 0 }: { times?: number; everyMs: number; afterMs?: number },
): Promise<void> {
  for (let round = 0; round < times; round++) {
    await pause(everyMs);
    await fault();
  }
  await pause(afterMs);
}

/** Breaks something after `beforeMs`, mends it `lastingMs` later, and lets the load run on for `afterMs`. */
export async function forAWhile(
  { fault, mend }: { fault: () => unknown; mend: () => unknown },
  { beforeMs = 0, lastingMs, afterMs }: { beforeMs?: number; lastingMs: number; afterMs: number },
): Promise<void> {
  await pause(beforeMs);
  await fault();
  await pause(lastingMs);
  await mend();
  await pause(afterMs);
}

/** What can be frozen: its connections stay open, and nothing is answered. */
interface Freezable {
  pause(): void;
  resume(): void;
}

/** As `forAWhile`. */
export function freeze(frozen: Freezable, times: Parameters<typeof forAWhile>[1]): Promise<void> {
  return forAWhile({ fault: () => frozen.pause(), mend: () => frozen.resume() }, times);
}

/** Cuts a member off from the broker without closing a connection; as `forAWhile`. */
export function cutOff(
  { proxy }: { readonly proxy: { blackhole(on: boolean): void } },
  times: Parameters<typeof forAWhile>[1],
): Promise<void> {
  return forAWhile({ fault: () => proxy.blackhole(true), mend: () => proxy.blackhole(false) }, times);
}
