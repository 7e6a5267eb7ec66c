// The keys which tokens are verified with, each for its own algorithms only.
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { ChatError } from '../protocol/errors.js';
import type { AuthOptions } from './auth-options.js';

/** A token's `alg` picks the key, and a key takes no other: a public key never serves as an HMAC secret. */
export interface TokenKey {
  readonly algorithms: readonly string[];
  readonly key: KeyObject | JWTVerifyGetKey;
}

const JWKS_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const EC_ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
/** RFC 7518, §3.3. */
const MIN_RSA_BITS = 2_048;
/** Keys are fetched again after this, and no oftener than the cool-down when an unknown `kid` turns up. */
const JWKS_LIMITS = { cacheMaxAge: 600_000, cooldownDuration: 30_000, timeoutDuration: 2_000 };

export function tokenKeysOf({ secret, publicKey, jwksUrl }: AuthOptions): TokenKey[] {
  const keys: TokenKey[] = [];
  if (secret) keys.push({ algorithms: ['HS256'], key: createSecretKey(secret, 'utf8') });
  if (publicKey) keys.push(publicTokenKey(publicKey));
  if (jwksUrl) {
    keys.push({ algorithms: JWKS_ALGORITHMS, key: remoteKeys(jwksUrl) });
  }
  return keys;
}

/** A key set that can't be fetched says nothing about the token. */
function remoteKeys(url: string): JWTVerifyGetKey {
  const keySet = createRemoteJWKSet(new URL(url), JWKS_LIMITS);
  return async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
        throw cause;
      throw new ChatError('UNAVAILABLE', 'Tokens cannot be verified at the moment', { cause });
    }
  };
}

/** @throws Error when the PEM holds no usable public key */
export function publicTokenKey(pem: string): TokenKey {
  const key = createPublicKey(pem);
  return { algorithms: algorithmsOf(key), key };
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string[] {
  if (asymmetricKeyType === 'rsa' && asymmetricKeyDetails!.modulusLength! >= MIN_RSA_BITS)
    return ['RS256', 'PS256'];
  if (asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  const algorithm = EC_ALGORITHMS[asymmetricKeyDetails?.namedCurve ?? ''];
  if (asymmetricKeyType === 'ec' && algorithm) return [algorithm];
  throw new Error(`a public key of type ${asymmetricKeyType} can't verify tokens`);
}
