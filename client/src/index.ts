// What the package exports.
export type * from './api.js';
export { ChatClient } from './chat-client.js';
export { ChatError } from './errors.js';
export type { LocalErrorCode } from './errors.js';
export type { Observable } from './emitter.js';
export { newMessageId } from './message-id.js';
export type { Identity } from '../../src/protocol/events.js';
export type { ErrorCode } from '../../src/protocol/errors.js';
