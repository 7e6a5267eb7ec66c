// Positions in a room's log, and the one rule by which publications follow them.

/**
 * A place in a room's log: right after the publication `offset`.
 *
 * `epoch` names the life of the log: it changes when the broker lost its data. It is not enough by itself,
 * since a failover to a lagging replica may hand out the same offsets again under the same epoch; so a
 * position also carries the `messageId` stored at its offset (empty at offset 0, before the first message).
 */
export interface Position {
  readonly epoch: string;
  /** @minimum 0 */
  readonly offset: number;
  readonly messageId: string;
}

/** A position as a client tells it: it may not know the message's id. */
export type ClaimedPosition = Omit<Position, 'messageId'> & { readonly messageId?: string };

/** One stored message of a room, which names its predecessor. */
export interface Publication extends Position {
  /** Offset of the publication before this one; 0 before the first. */
  readonly previousOffset: number;
  /** Its messageId; empty before the first. */
  readonly previousId: string;
  /** UTF-8 JSON of a `MessageBody`. Opaque to brokers, so that it is encoded once, by the publisher. */
  readonly body: Buffer;
}

/** Whether `publication` is the very next one after `position`: no hole, no other branch of the log. */
export function follows(publication: Publication, position: ClaimedPosition): boolean {
  return (
    publication.epoch === position.epoch &&
    publication.previousOffset === position.offset &&
    (position.messageId === undefined || publication.previousId === position.messageId)
  );
}

/** Whether both name the same place; an id which the client didn't tell matches any. */
export function samePosition(a: Position, b: ClaimedPosition): boolean {
  return (
    a.epoch === b.epoch && a.offset === b.offset && (b.messageId === undefined || a.messageId === b.messageId)
  );
}

/** The position before a publication. */
export function positionBefore(publication: Publication): Position {
  return { epoch: publication.epoch, offset: publication.previousOffset, messageId: publication.previousId };
}

/** The position right after a publication. */
export function positionOf({ epoch, offset, messageId }: Publication): Position {
  return { epoch, offset, messageId };
}
