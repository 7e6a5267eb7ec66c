// How much of active rooms an instance keeps in memory, and how often it looks after idle ones.

export abstract class SubscriptionOptions {
  /** Newest messages a room's tail keeps. */
  abstract readonly tailSize: number;
  /** Messages it may grow to while clients resume from further back. */
  abstract readonly maxTailSize: number;
  /** What all tails may hold together, bytes. */
  abstract readonly tailBudgetBytes: number;
  /** How long a room's channel stays subscribed after its last local member left, ms. */
  abstract readonly lingerMs: number;
  /** How often the heads of rooms without traffic are compared with the broker's, ms. */
  abstract readonly headCheckIntervalMs: number;
}
