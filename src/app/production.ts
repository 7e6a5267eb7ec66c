// What NODE_ENV=production refuses to start with: which variable, and how to mend it.
import type { Environment } from './environment.js';

const MIN_SECRET_BYTES = 32;
/** Shown as they are, so they can only be guessed over the network. */
const MIN_KEY_BYTES = 16;
/** From examples and tutorials, where attackers read them too; or one piece again and again. */
const KNOWN_SECRETS =
  /change|secret|password|example|sample|default|develop|insecure|your[-_ ]|^(.{1,16}?)\1+$/i;
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export function problemsInProduction(environment: Environment): string[] {
  if (!environment.production) return [];
  return [keyProblem, secretProblem, weakKeysProblem, originProblem, redisProblem, natsProblem].flatMap(
    (find) => find(environment) ?? [],
  );
}

function keyProblem(environment: Environment): string | undefined {
  const { AUTH_MODE, AUTH_GUESTS, JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL, BEARER_TOKENS } = environment;
  if (AUTH_GUESTS && !JWT_SECRET) {
    return 'JWT_SECRET must be set, since guest tokens are signed with it: openssl rand -base64 48; or set AUTH_GUESTS=false';
  }
  if (
    AUTH_MODE === 'token' &&
    !JWT_SECRET &&
    !JWT_PUBLIC_KEY &&
    !JWT_JWKS_URL &&
    BEARER_TOKENS.length === 0
  ) {
    return 'AUTH_MODE=token needs JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL or BEARER_TOKENS, or nobody can connect';
  }
  return undefined;
}

function secretProblem({ JWT_SECRET, ALLOW_WEAK_SECRET }: Environment): string | undefined {
  if (!JWT_SECRET || ALLOW_WEAK_SECRET || isStrong(JWT_SECRET, MIN_SECRET_BYTES)) return undefined;
  return `JWT_SECRET must be random and have at least ${MIN_SECRET_BYTES} bytes: openssl rand -base64 48; or set ALLOW_WEAK_SECRET=true`;
}

function weakKeysProblem({
  API_KEYS,
  BEARER_TOKENS,
  METRICS_TOKEN,
  ALLOW_WEAK_SECRET,
}: Environment): string[] {
  if (ALLOW_WEAK_SECRET) return [];
  return Object.entries({ API_KEYS, BEARER_TOKENS, METRICS_TOKEN: METRICS_TOKEN ? [METRICS_TOKEN] : [] })
    .filter(([, keys]) => !keys.every((key) => isStrong(key, MIN_KEY_BYTES)))
    .map(
      ([name]) =>
        `${name} must be random and have at least ${MIN_KEY_BYTES} bytes each: openssl rand -base64 24; or set ALLOW_WEAK_SECRET=true`,
    );
}

function isStrong(secret: string, minBytes: number): boolean {
  return Buffer.byteLength(secret) >= minBytes && !KNOWN_SECRETS.test(secret);
}

function originProblem({ ALLOWED_ORIGINS, ALLOW_ANY_ORIGIN }: Environment): string | undefined {
  if (!ALLOWED_ORIGINS.includes('*') || ALLOW_ANY_ORIGIN) return undefined;
  return 'ALLOWED_ORIGINS must name the origins of your pages rather than *; or set ALLOW_ANY_ORIGIN=true';
}

function redisProblem({
  broker,
  redisUrl,
  REDIS_URL,
  ALLOW_INSECURE_REDIS,
}: Environment): string | undefined {
  if (broker !== 'redis' || ALLOW_INSECURE_REDIS) return undefined;
  const name = REDIS_URL ? 'REDIS_URL' : 'REDIS_HOST';
  if (!URL.canParse(redisUrl)) return `${name} must be the name or the address of a host`;
  const url = new URL(redisUrl);
  const missing = [url.protocol !== 'rediss:' && 'TLS (rediss://)', !url.password && 'a password'].filter(
    Boolean,
  );
  if (missing.length === 0 || LOOPBACK_HOSTS.has(url.hostname)) return undefined;
  return `${name} names a remote server without ${missing.join(' and ')}: use REDIS_URL=rediss://:password@host; or in a private network set ALLOW_INSECURE_REDIS=true`;
}

function natsProblem({ broker, natsUrl, NATS_CREDS, ALLOW_INSECURE_NATS }: Environment): string | undefined {
  if (broker !== 'nats' || ALLOW_INSECURE_NATS) return undefined;
  const remote = natsUrl
    .split(',')
    .map((text) => new URL(text.trim()))
    .filter(({ hostname }) => !LOOPBACK_HOSTS.has(hostname));
  const missing = [
    remote.some(({ protocol }) => protocol !== 'tls:') && 'TLS (tls://)',
    !NATS_CREDS && !remote.some(({ username }) => username) && 'credentials',
  ].filter(Boolean);
  if (remote.length === 0 || missing.length === 0) return undefined;
  return `NATS_URL names a remote server without ${missing.join(' and ')}: use NATS_URL=tls://user:password@host, or NATS_CREDS; or in a private network set ALLOW_INSECURE_NATS=true`;
}
