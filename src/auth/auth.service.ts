// Turns tokens into sessions, and hands out guest tokens.
import { createHash, createSecretKey, scryptSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { newId } from '../core/ids.js';
import { Permissions } from '../core/permissions.js';
import { Revocations } from '../core/revocations.js';
import type { Session } from '../core/session.js';
import { ChatError } from '../protocol/errors.js';
import type { Identity } from '../protocol/events.js';
import { AuthOptions } from './auth-options.js';
import { type TokenKey, tokenKeysOf } from './token-keys.js';

const MAX_TOKEN_LENGTH = 8_192;
/** 1 to 128 characters, none of them a control character. */
const USER_ID = /^[^\p{Cc}]{1,128}$/u;
const MAX_NAME_LENGTH = 64;
/** The last moment which a Date can hold: a token may name a later one. */
const LAST_DATE_MS = 8.64e15;
const TOKEN_TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

export interface GuestToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly user: Identity;
}

@Injectable()
export class AuthService {
  readonly #keys: readonly TokenKey[];
  /** Session by the token's digest, so that looking one up takes the same time for any wrong token. */
  readonly #fixed: ReadonlyMap<string, Session>;

  constructor(
    private readonly options: AuthOptions,
    private readonly revocations: Revocations,
  ) {
    this.#keys = tokenKeysOf(options);
    this.#fixed = new Map(
      options.bearerTokens.map((token) => [digest(token), fixedSession(token, options.defaultPermissions)]),
    );
  }

  /** A session without a token; undefined where one is required. */
  anonymous(): Session | undefined {
    if (this.options.mode === 'token') return undefined;
    const id = newId('u');
    const permissions = this.options.defaultPermissions;
    return {
      user: { id, name: `guest-${id.slice(-4)}` },
      permissions,
      expiresAt: undefined,
      authenticated: false,
    };
  }

  /**
   * @throws ChatError UNAUTHENTICATED, which says nothing of why; UNAVAILABLE when the keys can't be fetched
   */
  async authenticate(token: string): Promise<Session> {
    const fixed = this.#fixed.get(digest(token));
    if (fixed) return fixed;
    return valid(async () => this.#sessionOf(await this.#verify(token)));
  }

  /**
   * @param name 1 to 64 characters
   * @param last a guest's token that still holds: the new one is for the same user
   * @throws ChatError FORBIDDEN when there are no guest tokens here; UNAUTHENTICATED when `last` is not good
   */
  async issueGuestToken(name: string, last?: string): Promise<GuestToken> {
    const { guests, secret, guestTtlMs, issuer, audience } = this.options;
    if (!guests || !secret) throw new ChatError('FORBIDDEN', 'Guest tokens are not handed out here');
    const user = { id: last === undefined ? newId('u') : await this.#guestIdOf(last), name };
    const expiresIn = Math.floor(guestTtlMs / 1_000);
    const token = new SignJWT({ name, guest: true })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime(`${expiresIn}s`);
    if (issuer) token.setIssuer(issuer);
    if (audience) token.setAudience(audience);
    return { token: await token.sign(createSecretKey(secret, 'utf8')), expiresIn, user };
  }

  /**
   * Only for tokens that are our own and grant nothing of their own: else a token with few rights could be exchanged for
   * one with a guest's.
   */
  #guestIdOf(token: string): Promise<string> {
    return valid(async () => {
      const { sub, guest, rooms } = await this.#verify(token);
      const ours = decodeProtectedHeader(token).alg === 'HS256' && guest === true && rooms === undefined;
      if (!ours || sub === undefined) throw new errors.JWTInvalid('not a guest token');
      return sub;
    });
  }

  async #verify(token: string): Promise<JWTPayload> {
    if (token.length > MAX_TOKEN_LENGTH) throw new errors.JWTInvalid('too long');
    const { alg, typ } = decodeProtectedHeader(token);
    const known = this.#keys.find(({ algorithms }) => alg !== undefined && algorithms.includes(alg));
    if (!known) throw new errors.JOSEAlgNotAllowed('no key for this algorithm');
    if (typ !== undefined && !TOKEN_TYPES.has(typ.toLowerCase())) throw new errors.JWTInvalid('typ');
    const { issuer, audience } = this.options;
    const { payload } = await jwtVerify(token, known.key as Parameters<typeof jwtVerify>[1], {
      algorithms: [...known.algorithms],
      requiredClaims: ['sub', 'exp'],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    });
    if (this.revocations.covers(payload.sub ?? '', payload.iat)) throw new errors.JWTInvalid('revoked');
    return payload;
  }

  #sessionOf({ sub, iat, exp, name, rooms }: JWTPayload): Session {
    if (typeof sub !== 'string' || !USER_ID.test(sub) || !sub.isWellFormed())
      throw new errors.JWTInvalid('sub');
    return {
      user: { id: sub, name: nameOf(name) ?? sub.slice(0, MAX_NAME_LENGTH) },
      // An issuer whose clock is ahead must not put its users out of an operator's reach.
      issuedAt: iat && Math.min(iat, Date.now() / 1_000),
      permissions: rooms === undefined ? this.options.defaultPermissions : roomsOf(rooms),
      expiresAt: Math.min(exp! * 1_000, LAST_DATE_MS),
      authenticated: true,
    };
  }
}

/** @throws ChatError UNAUTHENTICATED for whatever is wrong with a token */
async function valid<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ChatError) throw cause;
    throw new ChatError('UNAUTHENTICATED', 'The token is not valid', { cause });
  }
}

function roomsOf(claim: unknown): Permissions {
  try {
    return Permissions.fromClaim(claim);
  } catch (cause) {
    throw new errors.JWTInvalid('rooms', { cause });
  }
}

function nameOf(claim: unknown): string | undefined {
  if (typeof claim !== 'string' || claim.length === 0 || !claim.isWellFormed()) return undefined;
  return claim.length <= MAX_NAME_LENGTH ? claim : undefined;
}

/** Everybody in a room sees the id, so it must not be a quick way to try tokens out. */
function fixedSession(token: string, permissions: Permissions): Session {
  const id = `b-${scryptSync(token, 'roomcast', 9).toString('base64url')}`;
  return { user: { id, name: id }, permissions, expiresAt: undefined, authenticated: true };
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
