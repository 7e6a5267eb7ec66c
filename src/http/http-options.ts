// Who may use the HTTP API, and how often.

export abstract class HttpOptions {
  /** Bearer tokens of the operator's own servers; without one, the API answers 403. */
  abstract readonly apiKeys: readonly string[];
  /** Of one address, /health left out. */
  abstract readonly requestsPerMinute: number;
  /** How many proxies in front append to X-Forwarded-For. */
  abstract readonly trustedProxyHops: number;
}
