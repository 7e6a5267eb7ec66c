// Names which other chat servers have for variables of ours: read where ours are not set.

interface Alias {
  readonly name: string;
  /** Our value for theirs; undefined where there is none. */
  readonly valueOf: (theirs: string) => string | undefined;
}

function same(name: string): Alias {
  return { name, valueOf: (theirs) => theirs };
}

const ALIASES: Readonly<Record<string, Alias>> = {
  REDIS_ADDR: { name: 'REDIS_URL', valueOf: (address) => `redis://${address}` },
  WS_AUTH_ENABLED: { name: 'AUTH_MODE', valueOf: (flag) => (flag === 'true' ? 'token' : undefined) },
  WS_BEARER_TOKENS: same('BEARER_TOKENS'),
  WS_HOST: same('HOST'),
  WS_LOG_LEVEL: same('LOG_LEVEL'),
  WS_NATS_URL: same('NATS_URL'),
  WS_PORT: same('PORT'),
  WS_PUBSUB_ADAPTER: { name: 'BROKER', valueOf: (name) => (name === 'local' ? 'embedded' : name) },
  WS_REDIS_URL: same('REDIS_URL'),
};

/** What is set under other names is added under ours. Empty variables count as unset. */
export function withAliases(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all: Record<string, unknown> = { ...raw };
  for (const [alias, { name, valueOf }] of Object.entries(ALIASES)) {
    const theirs = raw[alias];
    const value = typeof theirs === 'string' && theirs !== '' ? valueOf(theirs) : undefined;
    if (value !== undefined && !all[name]) all[name] = value;
  }
  return all;
}
