// What errors look like over HTTP: of each, one that there is.
import type { ErrorAnswer } from '../../http/answers.js';
import { ChatError, type ErrorCode } from '../../protocol/errors.js';

const MESSAGES = {
  BAD_REQUEST: 'The body must be a JSON object',
  BAD_ROOM: 'This is not a room id',
  UNAUTHENTICATED: 'Show an API key as a bearer token',
  FORBIDDEN: 'The API is off: no API key is configured',
  CONFLICT: 'This messageId was used for another message',
  MESSAGE_TOO_LARGE: 'A message may have 32768 bytes',
  RATE_LIMITED: 'Too many requests',
  UNAVAILABLE: 'The message broker does not answer; the message may not be stored',
} as const satisfies Partial<Record<ErrorCode, string>>;

/** Errors that routes may answer with. */
export type HttpErrorCode = keyof typeof MESSAGES;

export function errorExample(code: HttpErrorCode): ErrorAnswer {
  const { message, retryable } = new ChatError(code, MESSAGES[code]);
  return { code, message, retryable };
}
