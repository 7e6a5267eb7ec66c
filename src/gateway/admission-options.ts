// Who may connect, and how often.

export abstract class AdmissionOptions {
  /** `https://chat.example.com`, …; `*` allows any. Empty: the server's own origin. */
  abstract readonly allowedOrigins: readonly string[];
  /** Whether pages from the developer's own machine may connect as well. */
  abstract readonly allowLoopbackOrigins: boolean;
  /** Whether `?token=` is read. */
  abstract readonly queryToken: boolean;
  /** How many proxies in front append to X-Forwarded-For. */
  abstract readonly trustedProxyHops: number;
  abstract readonly maxConnections: number;
  abstract readonly maxConnectionsPerUser: number;
  abstract readonly maxConnectionsPerAddress: number;
  /** Handshakes of one address within a minute. */
  abstract readonly maxHandshakesPerMinute: number;
}
