// How to reach NATS, and what is ours there.

export abstract class NatsOptions {
  /** `nats://` or `tls://`, with user and password, or a token, as needed; several servers separated by commas. */
  abstract readonly url: string;
  /** File with the credentials of a decentralized user (JWT and seed); unset: those of the URL, or none. */
  abstract readonly credentialsFile: string | undefined;
  /** First token of all subjects, and how the names of streams and buckets begin: letters, digits, `-` and `_`. */
  abstract readonly prefix: string;
  /** On how many servers each stream is kept: 1, 3 or 5. */
  abstract readonly replicas: number;
  /** How long message ids are remembered at most, ms. */
  abstract readonly idempotencyTtlMs: number;
}

/** The servers' addresses, and what the URL says of how to talk to them. */
export interface NatsAddress {
  readonly servers: string[];
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
}

/** @throws TypeError where it is no URL */
export function parseNatsUrl(url: string): NatsAddress {
  const urls = url.split(',').map((one) => new URL(one.trim()));
  const named = urls.find(({ username }) => username !== '');
  const user = named && decodeURIComponent(named.username);
  const password = named?.password ? decodeURIComponent(named.password) : undefined;
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || '4222'}`),
    tls: urls.some(({ protocol }) => protocol === 'tls:'),
    user: password === undefined ? undefined : user,
    password,
    token: password === undefined ? user : undefined,
  };
}
