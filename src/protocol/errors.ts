// Every error a client can be told, in one table.

const TABLE = {
  BAD_REQUEST: { retryable: false },
  UNKNOWN_TYPE: { retryable: false },
  BAD_ROOM: { retryable: false },
  UNAUTHENTICATED: { retryable: false },
  FORBIDDEN: { retryable: false },
  NOT_SUBSCRIBED: { retryable: false },
  MESSAGE_TOO_LARGE: { retryable: false },
  RATE_LIMITED: { retryable: true },
  LIMIT_EXCEEDED: { retryable: false },
  CONFLICT: { retryable: false },
  UNAVAILABLE: { retryable: true },
  INTERNAL: { retryable: false },
} as const;

export type ErrorCode = keyof typeof TABLE;
export const ERROR_CODES = Object.keys(TABLE) as ErrorCode[];

/** The one error type that crosses floors; `message` is shown to the client, `cause` never is. */
export class ChatError extends Error {
  override readonly name = 'ChatError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterMs?: number },
  ) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** When to try again, for RATE_LIMITED. */
  readonly retryAfterMs: number | undefined;

  /** Whether the same command may succeed later without a change. */
  get retryable(): boolean {
    return TABLE[this.code].retryable;
  }
}
