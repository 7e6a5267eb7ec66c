// Reads the token of an Authorization header.

/** Undefined where there is none, or one of another kind. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1];
}
