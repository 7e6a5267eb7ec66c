// The one error that this library rejects with.
import type { ErrorCode } from '../../src/protocol/errors.js';

/** What the server never says: the connection is away, or was ended here. */
export type LocalErrorCode = 'CLOSED' | 'DISCONNECTED' | 'LEFT' | 'QUEUE_FULL' | 'TIMEOUT';

export interface ChatErrorDetails {
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly closeCode?: number | undefined;
  readonly cause?: unknown;
}

export class ChatError extends Error {
  override readonly name = 'ChatError';
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Milliseconds to leave the server alone for, where it said so. */
  readonly retryAfterMs: number | undefined;
  /** Why the server closed the connection, where that is the reason. */
  readonly closeCode: number | undefined;

  constructor(
    readonly code: ErrorCode | LocalErrorCode,
    message: string,
    { retryable = false, retryAfterMs, closeCode, cause }: ChatErrorDetails = {},
  ) {
    super(message, { cause });
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
    this.closeCode = closeCode;
  }
}
