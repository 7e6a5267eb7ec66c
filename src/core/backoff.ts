// Trying again with exponential backoff and full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The delay before try `attempt` (1, 2, …): uniformly between 0 and min(maxMs, baseMs · 2^(attempt−1)). */
export function backoffMs(attempt: number, { baseMs, maxMs }: Backoff): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.random() * ceiling;
}

/** Between calls to a broker that fails. */
const BROKER_RETRY: Backoff = { baseMs: 100, maxMs: 2_000 };

/** Repeats `act` until it succeeds, or until it failed and `wanted` says that nobody needs it any more. */
export async function retryWhile(wanted: () => boolean, act: () => Promise<void>): Promise<void> {
  for (let attempt = 1; wanted(); attempt++) {
    try {
      return await act();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, BROKER_RETRY)));
    }
  }
}
