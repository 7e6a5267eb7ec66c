// What the parts of the load generator hand each other.

/** Where a client stood in a room, for servers that can go on from there. */
export interface Position {
  epoch: string;
  offset: number;
}

/** How one kind of server is spoken to. */
export interface Dialect {
  path: string;
  subprotocol?: string;
  /** Socket.IO: the join waits for the server's greeting. */
  waitsForGreeting?: boolean;
  /** What a client that hasn't joined answers to a frame. */
  answer?(text: string, join: string): string | undefined;
  /** A heartbeat inside text frames. */
  heartbeat?: { asks: string; answers: string };
  join(room: string, since?: Position): string;
  hasJoined(text: string): boolean;
  /** Where the client stands after `text`, its join's reply; dialects without it can't resume. */
  positionOf?(text: string): Position & { recovered?: boolean };
  message(room: string, text: string): string;
}

export interface Seat {
  port: number;
  room: Room;
  /** Number within the room. */
  member: number;
}

export interface Room {
  name: string;
  /** Who sends, in turn. */
  senders: import('./connection.mjs').Connection[];
  template: import('./frames.mjs').MessageTemplate;
  sent: number;
  delivered: number;
}

export interface Layout {
  dialect: string;
  ports: number[];
  rooms: number;
  members: number;
  senders: number;
  textBytes: number;
}

/** What has been counted up to now. */
export interface Mark {
  /** ms on the generator's clock. */
  at: number;
  sent: number;
  delivered: number;
}

export interface Latency {
  p50?: number;
  p99?: number;
}

/** Whoever a connection tells what happens to it. */
export interface Owner {
  readonly dialect: Dialect;
  /** µs on the generator's clock. */
  now(): number;
  joined(connection: import('./connection.mjs').Connection): void;
  /** Any end but a `cut`. */
  lost(connection: import('./connection.mjs').Connection, reason: string): void;
  delivered(connection: import('./connection.mjs').Connection, stamp: number, now: number): void;
}
