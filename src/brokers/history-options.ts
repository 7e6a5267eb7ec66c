// How much of each room's past the brokers keep.

export abstract class HistoryOptions {
  /** Newest messages kept per room. */
  abstract readonly size: number;
  /** How long after its last use a room's log is kept, ms. */
  abstract readonly ttlMs: number;
  /** What all logs of the embedded broker may hold together, bytes. */
  abstract readonly maxBytes: number;
}
