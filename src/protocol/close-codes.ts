// Why the server ends a connection. 4000–4499: come back, with backoff and jitter; 4500–4999: don't.

export const CloseCode = {
  UNSUPPORTED_DATA: 1003,
  INTERNAL_ERROR: 1011,
  DRAINING: 4000,
  SLOW_CONSUMER: 4008,
  POSITION_LOST: 4010,
  FLOODING: 4029,
  UNAUTHENTICATED: 4500,
  PROTOCOL_VIOLATION: 4501,
  AUTH_TIMEOUT: 4502,
  KICKED: 4503,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** The close frame's reason text, at most 123 bytes. */
export const CLOSE_REASONS: Record<CloseCode, string> = {
  1003: 'binary frames are not supported',
  1011: 'internal error',
  4000: 'draining: reconnect elsewhere',
  4008: 'slow consumer',
  4010: 'messages were lost: join again',
  4029: 'flooding',
  4500: 'unauthenticated, or the token expired',
  4501: 'protocol violation',
  4502: 'no authentication in time',
  4503: 'disconnected by an operator',
};
