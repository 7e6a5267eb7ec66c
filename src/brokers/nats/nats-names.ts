// Names in NATS: streams, the bucket, and the subject of each room and message id.
import { hash } from 'node:crypto';

/** 128 bits: no two ids of a room share them. */
const ID_TOKEN_LENGTH = 22;

/**
 * A room's token is its id with `%` for `.`, which separates tokens: no room id has a `%`, so no two rooms share one.
 *
 *   <prefix>.log.<room>            its messages, in the stream of logs
 *   <prefix>.id.<room>.<hash>      where a message id came to stand, in the stream of ids
 *   <prefix>.presence.<room>       its members, in the stream of presence
 *   <prefix>.at.<lease>.<room>     there may be members under the lease, in the stream of presence
 *   <prefix>.feed.<room>           what is stored of its messages and members, as it is stored, and signals; unstored
 */
export class NatsNames {
  readonly logStream: string;
  readonly idStream: string;
  readonly presenceStream: string;
  readonly leaseBucket: string;

  constructor(private readonly prefix: string) {
    this.logStream = `${prefix}-log`;
    this.idStream = `${prefix}-ids`;
    this.presenceStream = `${prefix}-presence`;
    this.leaseBucket = `${prefix}-leases`;
  }

  logSubject(token: string): string {
    return `${this.prefix}.log.${token}`;
  }

  feedSubject(token: string): string {
    return `${this.prefix}.feed.${token}`;
  }

  idSubject(token: string, id: string): string {
    return `${this.prefix}.id.${token}.${id}`;
  }

  presenceSubject(token: string): string {
    return `${this.prefix}.presence.${token}`;
  }

  placeSubject(lease: string, token: string): string {
    return `${this.prefix}.at.${lease}.${token}`;
  }
}

export function tokenOf(room: string): string {
  return room.replaceAll('.', '%');
}

/** Of a subject that ends with a room's token. */
export function roomOfSubject(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1).replaceAll('%', '.');
}

/** Message ids may have any characters, subjects may not. */
export function idToken(messageId: string): string {
  return hash('sha256', messageId, 'base64url').slice(0, ID_TOKEN_LENGTH);
}
