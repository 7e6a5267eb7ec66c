// The seam of a message broker: stores each room's log and fans it out to all instances.
import type { Position, Publication } from '../protocol/position.js';

/** A message on its way to the log. */
export interface Draft {
  /** Unique in the room; the idempotency key. At most 64 characters, without control characters. */
  readonly messageId: string;
  /** UTF-8 JSON of a `MessageBody`. */
  readonly body: Buffer;
  /** Stands for the content: the same messageId with another fingerprint is a CONFLICT. */
  readonly fingerprint: string;
  /** How long the messageId is remembered, ms. */
  readonly rememberMs: number;
}

/** Where a draft came to stand; the first one's position when it is a duplicate. */
export interface Receipt extends Position {
  readonly duplicate: boolean;
}

/** `newest`: the last ones; `after`: from the first above `offset` on; `before`: the last ones below it. */
export type HistoryRange =
  | { readonly from: 'newest'; readonly limit: number }
  | { readonly from: 'after' | 'before'; readonly offset: number; readonly limit: number };

/** One consistent look at a room's log. */
export interface HistoryPage {
  /** The log's end at the moment of the read. A room without a log gets an epoch and offset 0. */
  readonly head: Position;
  /** Oldest first, contiguous: each follows the one before it. */
  readonly publications: readonly Publication[];
  /** How many the log still holds beyond this page, in the direction of the read. */
  readonly more: number;
}

/** A connection to the broker's servers, as this instance knows it at the moment. */
export interface BrokerLink {
  /** What it is for, as `commands`; the same each time, since metrics are named by it. */
  readonly name: string;
  /** Ready, and a sign of life came within the last 3 s: a silent link may be dead though it looks open. */
  readonly up: boolean;
}

/**
 * Where a broker delivers. All methods return at once and never throw. Bytes may be views of much more: who keeps them
 * copies them.
 */
export interface BrokerSink {
  /** In log order per room, the publisher's own instance included; what a broken link swallowed is missing. */
  onPublication(room: string, publication: Publication): void;
  /** An unstored event of the room. */
  onSignal(room: string, payload: Buffer): void;
  /** The feed was cut or is in doubt: anything may have been missed; it flows again from now on. */
  onInterrupted(): void;
}

/**
 * Storing and fanning out is one atomic step. Every method that reaches the network has a deadline and
 * rejects with ChatError UNAVAILABLE when the broker doesn't answer within it.
 */
export abstract class Broker {
  /** Begins to connect and returns at once: a broker which is away is waited for in the background. */
  abstract start(sink: BrokerSink): void;

  /**
   * Idempotent. What is published after it resolved is delivered to the sink. A subscription outlives cut
   * links: the broker renews it by itself, and then calls `onInterrupted`.
   */
  abstract subscribe(room: string): Promise<void>;

  /** Idempotent. After it settled, nothing of the room is delivered, unless it is subscribed again. */
  abstract unsubscribe(room: string): Promise<void>;

  /**
   * Resolves when stored. Publications of one caller keep their order. An unknown outcome is tried again
   * with the same key until the deadline.
   *
   * @throws ChatError CONFLICT: the messageId stands for another content. UNAVAILABLE: not known to be stored.
   */
  abstract publish(room: string, draft: Draft): Promise<Receipt>;

  /** Fans out without storing: at most once, in no particular order to publications. */
  abstract signal(room: string, payload: Buffer): Promise<void>;

  /** Never answers with a silent hole: what was trimmed shows in the first publication's predecessor. */
  abstract history(room: string, range: HistoryRange): Promise<HistoryPage>;

  /** The ends of many logs, in the order of `rooms`, in few round trips. */
  abstract heads(rooms: readonly string[]): Promise<Position[]>;

  /** Asks nobody, and answers at once; empty where the broker has no connections at all. */
  abstract links(): readonly BrokerLink[];

  /** Ends every link; pending calls are rejected. Called once, after everything that uses it. */
  abstract close(): Promise<void>;
}
