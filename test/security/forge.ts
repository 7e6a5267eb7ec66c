// Makes tokens by hand, good and bad: no library would sign what some tests need.
import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from 'node:crypto';

export type Signer = (input: string) => Buffer;
type Header = Record<string, unknown>;
type Claims = Record<string, unknown>;

/** Long and random enough for production. */
export const SECRET = 'Zk3v9Qm1xT7bN5cR8wLp2sYd6fGh4jKa0eUiOoBn';

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

function encoded(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

/** Text is taken as the JSON itself, for what JSON.stringify would never write. */
export function jwt(header: Header | string, claims: Claims | string, signer: Signer): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

/** What every good token claims, and what `more` changes; undefined leaves a claim out. */
export function claimsOf(more: Claims = {}): Claims {
  const now = nowSeconds();
  return { sub: 'u-ada', name: 'Ada', iat: now, exp: now + 600, ...more };
}

export function hmac(secret: string | Buffer, algorithm = 'sha256'): Signer {
  return (input) => createHmac(algorithm, secret).update(input).digest();
}

/** The token of a user: HS256 with SECRET. */
export function goodToken(more: Claims = {}): string {
  return jwt({ alg: 'HS256', typ: 'JWT' }, claimsOf(more), hmac(SECRET));
}

export interface Pair {
  readonly alg: string;
  readonly publicKey: KeyObject;
  readonly pem: string;
  readonly signer: Signer;
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

function pairOf(alg: string, { publicKey, privateKey }: KeyPairKeyObjectResult, options: object = {}): Pair {
  const digest = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`;
  return {
    alg,
    publicKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signer: (input) => sign(digest, Buffer.from(input), { key: privateKey, ...options }),
  };
}

const EC = { dsaEncoding: 'ieee-p1363' } as const;

/** A new key pair which signs with `alg`. */
export function newPair(alg: string): Pair {
  switch (alg) {
    case 'RS256':
      return pairOf(alg, generateKeyPairSync('rsa', { modulusLength: 2048 }));
    case 'PS256':
      return pairOf(alg, generateKeyPairSync('rsa', { modulusLength: 2048 }), PSS);
    case 'ES256':
      return pairOf(alg, generateKeyPairSync('ec', { namedCurve: 'P-256' }), EC);
    case 'ES384':
      return pairOf(alg, generateKeyPairSync('ec', { namedCurve: 'P-384' }), EC);
    case 'ES512':
      return pairOf(alg, generateKeyPairSync('ec', { namedCurve: 'P-521' }), EC);
    case 'EdDSA':
      return pairOf(alg, generateKeyPairSync('ed25519'));
    default:
      throw new Error(`no key pair for ${alg}`);
  }
}

/** A token signed with a pair's private key. */
export function signedBy({ alg, signer }: Pair, claims: Claims = claimsOf(), header: Header = {}): string {
  return jwt({ alg, typ: 'JWT', ...header }, claims, signer);
}
