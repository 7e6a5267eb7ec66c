// Unstored events of a room on their way between instances, and their JSON.
import type { Identity } from '../protocol/events.js';

/**
 * A room's membership changed. Sent by the presence store in the very step which changed it, so in the order of
 * the changes; each names the last one before it that named anybody, so that a lost one of those shows by the next.
 * Of the others, which only register again who had been announced, the next one's number makes up for a lost one.
 */
export interface MembersSignal {
  readonly type: 'members';
  readonly joined: readonly Identity[];
  readonly left: readonly Identity[];
  /** How many members the room has after it. */
  readonly members: number;
  /** Rises with each change while the store keeps its data. */
  readonly version: number;
  /** Of the last change before it that named anybody; 0 where none did since the room was empty. */
  readonly previous: number;
}

/** A member began or stopped typing. */
export interface TypingSignal {
  readonly type: 'typing';
  readonly member: Identity;
  readonly typing: boolean;
}

/** In the control room: an instance gives up its lease, which will be reapable `inMs` from now. */
interface EndingSignal {
  readonly type: 'ending';
  readonly inMs: number;
}

/** In the instance's own canary room: what it says to itself. `sentAt`: by its `performance.now()`. */
interface CanarySignal {
  readonly type: 'canary';
  readonly sentAt: number;
}

export type RoomSignal = MembersSignal | TypingSignal | EndingSignal | CanarySignal;

const TYPES: ReadonlySet<unknown> = new Set<RoomSignal['type']>(['members', 'typing', 'ending', 'canary']);

export function encodeSignal(signal: RoomSignal): Buffer {
  return Buffer.from(JSON.stringify(signal));
}

/** Undefined for what another version of this server may say and we don't know. */
export function decodeSignal(payload: Buffer): RoomSignal | undefined {
  try {
    const signal = JSON.parse(payload.toString()) as RoomSignal | null;
    return TYPES.has(signal?.type) ? (signal as RoomSignal) : undefined;
  } catch {
    return undefined;
  }
}
