// Who may use the HTTP API, and how often.

export abstract class HttpOptions {
  /** Bearer tokens of the operator's own servers; without one, the API answers 403. */
  abstract readonly apiKeys: readonly string[];
  /** What a scrape of /metrics has to show; unset, nothing. */
  abstract readonly metricsToken: string | undefined;
  /** Of one address, /health, /ready and /metrics left out. */
  abstract readonly requestsPerMinute: number;
  /** How many proxies in front append to X-Forwarded-For. */
  abstract readonly trustedProxyHops: number;
  /** Whether the chat page is served. */
  abstract readonly webChat: boolean;
  /** Rooms that the page suggests to who may read them. */
  abstract readonly webRooms: readonly string[];
}
