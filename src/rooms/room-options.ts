// Limits of what may be said and joined.

export abstract class RoomOptions {
  /** UTF-8 bytes of `message` and the JSON of `data` together. */
  abstract readonly maxMessageBytes: number;
  /** Rooms one connection may be in. */
  abstract readonly maxRooms: number;
  /** Bytes of messages that one HISTORY reply may have; a larger message comes alone. */
  abstract readonly maxPageBytes: number;
  /** How long a client-chosen messageId is remembered, ms. */
  abstract readonly idempotencyTtlMs: number;
}
