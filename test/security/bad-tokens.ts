// Tokens that must not pass, each wrong in one way: what is known of attacks on JWT, RFC 8725 and the rest.
import {
  claimsOf,
  goodToken,
  hmac,
  jwt,
  newPair,
  nowSeconds,
  type Pair,
  SECRET,
  signedBy,
  type Signer,
} from './forge.js';

export const ISSUER = 'https://id.example.com';
export const AUDIENCE = 'roomcast';

/** What the server under attack trusts, and where an attacker's own keys can be fetched. */
export interface Target {
  readonly rsa: Pair;
  readonly attackerUrl: string;
}

type Case = [name: string, token: string];

const HS256 = { alg: 'HS256', typ: 'JWT' };
const nothing: Signer = () => Buffer.alloc(0);
const signer = hmac(SECRET);

/** What the target accepts, but for `more`. */
export function properClaims(more: Record<string, unknown> = {}): Record<string, unknown> {
  return claimsOf({ iss: ISSUER, aud: AUDIENCE, ...more });
}

export function properToken(more: Record<string, unknown> = {}): string {
  return goodToken({ iss: ISSUER, aud: AUDIENCE, ...more });
}

function withClaims(more: Record<string, unknown>): string {
  return jwt(HS256, properClaims(more), signer);
}

function withHeader(header: Record<string, unknown> | string): string {
  return jwt(header, properClaims(), signer);
}

const unsigned: Case[] = ['none', 'nOnE', 'None', 'NONE', 'none ', ''].flatMap((alg): Case[] => [
  [`alg "${alg}" without a signature`, jwt({ alg, typ: 'JWT' }, properClaims(), nothing)],
  [`alg "${alg}" with a signature`, jwt({ alg, typ: 'JWT' }, properClaims(), signer)],
]);

function stripped(): Case[] {
  const [header, claims, signature] = properToken().split('.') as [string, string, string];
  const [, other] = properToken({ sub: 'u-admin' }).split('.') as [string, string, string];
  return [
    ['an empty signature', `${header}.${claims}.`],
    ['no signature at all', `${header}.${claims}`],
    ['only claims', `.${claims}.`],
    ['a signature of zeros', `${header}.${claims}.${Buffer.alloc(32).toString('base64url')}`],
    ['a shorter signature', `${header}.${claims}.${signature.slice(0, -4)}`],
    ['a longer signature', `${header}.${claims}.${signature}AAAA`],
    ["another token's signature", `${header}.${other}.${signature}`],
    ['a fourth part', `${header}.${claims}.${signature}.${signature}`],
    ['five parts, as of a JWE', `${header}.${claims}.${signature}.${claims}.${signature}`],
    ['a JWS in its JSON form', JSON.stringify({ protected: header, payload: claims, signature })],
  ];
}

const algorithms: Case[] = [
  ['HS384', jwt({ alg: 'HS384' }, properClaims(), hmac(SECRET, 'sha384'))],
  ['HS512', jwt({ alg: 'HS512' }, properClaims(), hmac(SECRET, 'sha512'))],
  ['HS1', jwt({ alg: 'HS1' }, properClaims(), hmac(SECRET, 'sha1'))],
  ['no alg', withHeader({ typ: 'JWT' })],
  ['alg null', withHeader({ alg: null })],
  ['alg a list', withHeader({ alg: ['HS256'] })],
  ['alg hs256', withHeader({ alg: 'hs256' })],
  ['alg twice', withHeader('{"alg":"HS256","alg":"none"}')],
  ['alg __proto__', withHeader('{"__proto__":{"alg":"HS256"}}')],
  ['another secret', jwt(HS256, properClaims(), hmac('another secret'))],
  ['the empty secret', jwt(HS256, properClaims(), hmac(''))],
  ['the word secret', jwt(HS256, properClaims(), hmac('secret'))],
];

/** The public key is public: taken for an HMAC secret, anybody could sign. */
function confused({ rsa: { pem, publicKey, signer: rsaSigner } }: Target): Case[] {
  const forms: [string, string | Buffer][] = [
    ['the PEM', pem],
    ['the PEM without its last line end', pem.trim()],
    ['the PEM with \\n', pem.replaceAll('\n', '\\n')],
    ['the DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['the JWK', JSON.stringify(publicKey.export({ format: 'jwk' }))],
  ];
  return [
    ...forms.map(([name, key]): Case => [
      `HS256 by ${name} of the RSA key`,
      jwt(HS256, properClaims(), hmac(key)),
    ]),
    ['RS256 by the HMAC secret', jwt({ alg: 'RS256' }, properClaims(), signer)],
    ['HS256 by the RSA private key', jwt(HS256, properClaims(), rsaSigner)],
    ['RS512', jwt({ alg: 'RS512' }, properClaims(), rsaSigner)],
    ['ES256 by the RSA key', jwt({ alg: 'ES256' }, properClaims(), rsaSigner)],
    ['ES256 with a signature of zeros', jwt({ alg: 'ES256' }, properClaims(), () => Buffer.alloc(64))],
  ];
}

/** Keys which the token brings along or points at. */
function smuggled({ attackerUrl }: Target): Case[] {
  const pair = newPair('RS256');
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const x5c = [pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')];
  const headers: Record<string, unknown>[] = [
    { jwk },
    { jku: attackerUrl },
    { jku: attackerUrl, kid: 'attacker' },
    { x5u: attackerUrl },
    { x5c },
    { kid: attackerUrl },
  ];
  const kids = ['../../../../dev/null', '/dev/null', "' UNION SELECT 'x", '__proto__', 'constructor', '\0'];
  return [
    ...headers.map((header): Case => {
      const name = Object.entries(header).map(
        ([key, value]) => `${key} ${JSON.stringify(value).slice(0, 12)}`,
      );
      return [`a key by ${name.join(', ')}`, signedBy(pair, properClaims(), header)];
    }),
    ...kids.map((kid): Case => [
      `the empty secret, by kid ${JSON.stringify(kid)}`,
      jwt({ ...HS256, kid }, properClaims(), hmac('')),
    ]),
    [
      'the symmetric jwk it was signed with',
      jwt({ ...HS256, jwk: { kty: 'oct', k: 'eA' } }, properClaims(), hmac('x')),
    ],
  ];
}

const now = nowSeconds();
const claims: [name: string, more: Record<string, unknown>][] = [
  ['expired', { exp: now - 1 }],
  ['expired since 1970', { exp: 0 }],
  ['no exp', { exp: undefined }],
  ...[null, '9999999999', true, [now + 600], { now }, -1].map((exp): [string, { exp: unknown }] => [
    `exp ${JSON.stringify(exp)}`,
    { exp },
  ]),
  ['not yet valid', { nbf: now + 3_600 }],
  ['nbf a string', { nbf: '0' }],
  ['iat a string', { iat: '0' }],
  ['no iss', { iss: undefined }],
  ...['https://evil.example', `${ISSUER}/`, ISSUER.toUpperCase(), '', null, [ISSUER, 'x'], 5].map(
    (iss): [string, { iss: unknown }] => [`iss ${JSON.stringify(iss)}`, { iss }],
  ),
  ['no aud', { aud: undefined }],
  ...['other', `${AUDIENCE}x`, '', null, [], ['other'], { 0: AUDIENCE }].map(
    (aud): [string, { aud: unknown }] => [`aud ${JSON.stringify(aud)}`, { aud }],
  ),
  ['no sub', { sub: undefined }],
  ...[
    5,
    null,
    true,
    {},
    [],
    ['u-ada'],
    { toString: 'u-ada' },
    '',
    'x'.repeat(129),
    'a\nb',
    'a\0b',
    '\ud800',
  ].map((sub): [string, { sub: unknown }] => [`sub ${JSON.stringify(sub).slice(0, 20)}`, { sub }]),
  ...[null, [], 'all', true, { a: 'read' }, { a: null }, { a: { read: true } }].map(
    (rooms): [string, { rooms: unknown }] => [`rooms ${JSON.stringify(rooms)}`, { rooms }],
  ),
  ['101 patterns', { rooms: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`r${n}`, []])) }],
];

const headers: Case[] = [
  ...['JWE', 'dpop+jwt', 'secevent+jwt', 'logout+jwt', 'JOSE+JSON', ''].map((typ): Case => [
    `typ "${typ}"`,
    withHeader({ alg: 'HS256', typ }),
  ]),
  ...[5, null, ['JWT']].map((typ): Case => [`typ ${JSON.stringify(typ)}`, withHeader({ alg: 'HS256', typ })]),
  ['an unknown crit', withHeader({ ...HS256, crit: ['roomcast'], roomcast: true })],
  ['crit of what is not there', withHeader({ ...HS256, crit: ['exp'] })],
  ['an empty crit', withHeader({ ...HS256, crit: [] })],
  ['crit no list', withHeader({ ...HS256, crit: 'exp' })],
  ['b64 false', withHeader({ ...HS256, crit: ['b64'], b64: false })],
];

const garbage: Case[] = [
  ['nothing', ''],
  ['a word', 'token'],
  ['dots', '..'],
  ['more dots', '....'],
  ['no JSON in the header', jwt('hello', properClaims(), signer)],
  ['a header null', jwt('null', properClaims(), signer)],
  ['a header that is a list', jwt('[]', properClaims(), signer)],
  ['no JSON in the claims', jwt(HS256, 'hello', signer)],
  ['claims null', jwt(HS256, 'null', signer)],
  ['claims a list', jwt(HS256, '[]', signer)],
  ['claims a string', jwt(HS256, '"u-ada"', signer)],
  ['claims of 3,000 levels', jwt(HS256, `${'['.repeat(3_000)}${']'.repeat(3_000)}`, signer)],
  ['claims only in __proto__', jwt(HS256, `{"__proto__":${JSON.stringify(properClaims())}}`, signer)],
  ['bytes that are no base64', `${properToken()}%`],
  ['12 KB, signed as it should be', withClaims({ pad: 'x'.repeat(9_000) })],
];

/** Each of them well-formed enough to travel in a header, a URL and a frame. */
export function badTokens(target: Target): Case[] {
  return [
    ...unsigned,
    ...stripped(),
    ...algorithms,
    ...confused(target),
    ...smuggled(target),
    ...claims.map(([name, more]): Case => [name, withClaims(more)]),
    ...headers,
    ...garbage,
  ];
}
