// How long the networked brokers wait for their servers.

/** Every call answers within this time, so that a command's reply stays below the promised 2 s. */
export const CALL_DEADLINE_MS = 1_800;
/** Full-jitter backoff between connection attempts. */
export const RECONNECT_BACKOFF = { baseMs: 100, maxMs: 2_000 };
/** A link this long without a sign of life is not counted on any more. Probes travel each second. */
export const LINK_DOUBT_MS = 3_000;
