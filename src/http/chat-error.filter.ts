// Answers our errors over HTTP: `{"code", "message", "retryable"}` with the status that fits.
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { ChatError, type ErrorCode } from '../protocol/errors.js';

const STATUS: Readonly<Record<ErrorCode, number>> = {
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

@Catch(ChatError)
export class ChatErrorFilter implements ExceptionFilter<ChatError> {
  catch({ code, message, retryable, retryAfterMs }: ChatError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (retryAfterMs !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1_000));
    response.status(STATUS[code]).json({ code, message, retryable });
  }
}
