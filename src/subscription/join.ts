// What a client that joins a room asks for, and what it gets.
import type { ClaimedPosition, Position } from '../protocol/position.js';

/** What a joining client wants of the past. */
export interface JoinRequest {
  readonly since?: ClaimedPosition;
  readonly history?: number;
  /** To hear the messages without being a member: neither counted nor told who comes and goes. */
  readonly overhear?: boolean;
}

export interface Joined {
  /** The room's position at the join: the replay leads up to it, live messages follow it. */
  readonly position: Position;
  readonly replayed: number;
  /** Only where `since` was asked for: whether the replay begins right after it. */
  readonly recovered: boolean | undefined;
  /** Lets replay and live messages flow. To be called once the answer to the join is on its way. */
  start(): void;
}
