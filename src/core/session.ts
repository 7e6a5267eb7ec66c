// Who a connection belongs to, what it may do, and until when.
import type { Identity } from '../protocol/events.js';
import type { Permissions } from './permissions.js';

export interface Session {
  readonly user: Identity;
  readonly permissions: Permissions;
  /** When its token was issued, seconds since 1970, and never later than it was shown here; undefined: not known. */
  readonly issuedAt?: number | undefined;
  /** When the token runs out, ms since 1970; undefined: never. */
  readonly expiresAt: number | undefined;
  /** Whether a token stands behind it; a guest without one may still show his first token. */
  readonly authenticated: boolean;
}
