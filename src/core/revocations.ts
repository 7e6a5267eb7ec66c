// Users whose tokens were revoked: what was issued before counts no more.

/** More users than this are not remembered; the oldest revocation goes first. */
const MAX_USERS = 100_000;

export class Revocations {
  /** User id → when, ms since 1970; the oldest first. */
  readonly #revokedAt = new Map<string, number>();

  revoke(user: string, at: number): void {
    this.#revokedAt.delete(user);
    this.#revokedAt.set(user, at);
    if (this.#revokedAt.size <= MAX_USERS) return;
    for (const oldest of this.#revokedAt.keys()) {
      this.#revokedAt.delete(oldest);
      return;
    }
  }

  /** @param issuedAt the token's `iat`, seconds since 1970; a token without one can't prove to be newer */
  covers(user: string, issuedAt: number | undefined): boolean {
    const revokedAt = this.#revokedAt.get(user);
    return revokedAt !== undefined && (issuedAt ?? 0) * 1_000 <= revokedAt;
  }
}
