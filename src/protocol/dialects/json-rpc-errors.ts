// Our errors as JSON-RPC error objects: its own codes where they fit, else those left to servers.
import { ChatError, type ErrorCode } from '../errors.js';
import { MalformedFrame } from './dialect.js';

interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class ParamsNotObject extends ChatError {
  constructor() {
    super('BAD_REQUEST', 'params must be an object');
  }
}

const INVALID_PARAMS = { code: -32602, message: 'Invalid params' };
/** Those without a message are told in the error's own words. */
const TABLE: Readonly<Record<ErrorCode, { readonly code: number; readonly message?: string }>> = {
  BAD_REQUEST: INVALID_PARAMS,
  BAD_ROOM: INVALID_PARAMS,
  UNKNOWN_TYPE: { code: -32601, message: 'Method not found' },
  RATE_LIMITED: { code: -32603, message: 'Rate limit exceeded' },
  INTERNAL: { code: -32603, message: 'Internal error' },
  UNAUTHENTICATED: { code: -32001 },
  FORBIDDEN: { code: -32002 },
  NOT_SUBSCRIBED: { code: -32003 },
  MESSAGE_TOO_LARGE: { code: -32004 },
  LIMIT_EXCEEDED: { code: -32005 },
  CONFLICT: { code: -32006 },
  UNAVAILABLE: { code: -32007 },
};

/** @param method of the request that failed, where it could be read */
export function errorObject(error: ChatError, method: string | undefined): ErrorObject {
  const { code, message } = numberedOf(error);
  const { retryable, retryAfterMs } = error;
  const retry = retryAfterMs === undefined ? {} : { retry_after: durationOf(retryAfterMs), retryAfterMs };
  return {
    code,
    message: message ?? error.message,
    data: { ...hintOf(error, method, message), code: error.code, retryable, ...retry },
  };
}

function numberedOf(error: ChatError): { readonly code: number; readonly message?: string } {
  if (!(error instanceof MalformedFrame)) return TABLE[error.code];
  return error.syntax
    ? { code: -32700, message: 'Parse error' }
    : { code: -32600, message: 'Invalid Request' };
}

/** What the message doesn't say already. */
function hintOf(error: ChatError, method: string | undefined, message: string | undefined): object {
  if (error.code === 'UNKNOWN_TYPE') return { method };
  if (error instanceof ParamsNotObject) return { expected: 'object' };
  const told = message === undefined || error.code === 'RATE_LIMITED' || error.code === 'INTERNAL';
  return told ? {} : { detail: error.message };
}

/** As Go writes it: `50ms`, `1.5s`, `1m0s`. */
function durationOf(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.round(ms % 60_000) / 1_000];
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
