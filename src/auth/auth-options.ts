// How clients prove who they are.
import type { Permissions } from '../core/permissions.js';

export abstract class AuthOptions {
  /** Whether a connection without a token is refused, or is a guest. */
  abstract readonly mode: 'guest' | 'token';
  /** HS256 key: verifies tokens, and signs those of guests. */
  abstract readonly secret: string | undefined;
  /** PEM of a public key: RSA, EC or Ed25519. */
  abstract readonly publicKey: string | undefined;
  abstract readonly jwksUrl: string | undefined;
  /** Required `iss` and `aud`, where configured. */
  abstract readonly issuer: string | undefined;
  abstract readonly audience: string | undefined;
  /** Fixed tokens of trusted clients. */
  abstract readonly bearerTokens: readonly string[];
  /** Whether guest tokens are handed out. */
  abstract readonly guests: boolean;
  abstract readonly guestTtlMs: number;
  /** What a session may do whose token has no `rooms` claim. */
  abstract readonly defaultPermissions: Permissions;
}
