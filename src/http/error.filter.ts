// Answers errors over HTTP: `{"code", "message", "retryable"}` with the status that fits.
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { ChatError, type ErrorCode } from '../protocol/errors.js';
import type { ErrorAnswer } from './answers.js';

/** The status which tells an error over HTTP. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNKNOWN_TYPE: 400,
  BAD_ROOM: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_SUBSCRIBED: 403,
  CONFLICT: 409,
  MESSAGE_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  LIMIT_EXCEEDED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};
/** When to come back where the error itself doesn't know: a broker is away for seconds, or for long. */
const UNAVAILABLE_RETRY_MS = 1_000;

@Catch()
export class ErrorFilter implements ExceptionFilter {
  readonly #logger = new Logger(ErrorFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const known = asChatError(exception);
    if (known) return answer(response, known);
    // HTTP's own, such as an unknown path, is left as Nest has it.
    if (exception instanceof HttpException) {
      response.status(exception.getStatus()).json(exception.getResponse());
      return;
    }
    this.#logger.error('A request failed', exception);
    answer(response, new ChatError('INTERNAL', 'The server failed to handle this request'));
  }
}

function answer(response: Response, error: ChatError): void {
  const { code, message, retryable } = error;
  const retryAfterMs = error.retryAfterMs ?? (code === 'UNAVAILABLE' ? UNAVAILABLE_RETRY_MS : undefined);
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1_000));
  const body: ErrorAnswer = { code, message, retryable };
  response.status(STATUS[code]).json(body);
}

/** What Express and its body parser find wrong with a request is in our table, too. */
function asChatError(exception: unknown): ChatError | undefined {
  if (exception instanceof ChatError) return exception;
  switch (statusOf(exception)) {
    case 400:
      return new ChatError('BAD_REQUEST', 'The path or the JSON of the body is malformed');
    case 413:
      return new ChatError('MESSAGE_TOO_LARGE', 'The body is too large');
    case 415:
      return new ChatError('BAD_REQUEST', 'The encoding of the body is not supported');
    default:
      return undefined;
  }
}

function statusOf(exception: unknown): unknown {
  if (exception instanceof HttpException) return exception.getStatus();
  return exception instanceof Error && 'status' in exception ? exception.status : undefined;
}
