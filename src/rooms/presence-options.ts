// Clocks of presence, and from which sizes on rooms hear less of it.

export abstract class PresenceOptions {
  /** How long a crashed instance's members stay, ms; its lease is renewed three times as often. */
  abstract readonly leaseMs: number;
  /** How long a user whose last connection was lost stays a member, ms. */
  abstract readonly graceMs: number;
  /** Members above which joins and leaves are merged into MEMBERS_CHANGED. */
  abstract readonly summarySize: number;
  /** Members above which only their number is told. */
  abstract readonly countSize: number;
}
