// What the server says, in the native model; every dialect encodes these.
import type { Publication } from './position.js';

/** A user, as the others see it. */
export interface Identity {
  readonly id: string;
  readonly name: string;
}

/** The greeting: who the client is, and what it may. */
export interface Welcome {
  readonly type: 'WELCOME';
  readonly connectionId: string;
  readonly user: Identity;
  /** `maxFrameBytes`: what a frame may have; `maxRooms`: how many rooms the connection may be in. */
  readonly limits: { readonly maxFrameBytes: number; readonly maxRooms: number };
  /** How often the server pings. */
  readonly heartbeatMs: number;
}

/** The connection is in the room; what is replayed follows, then what is said from now on. */
export interface Subscribed {
  readonly type: 'SUBSCRIBED';
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  /** Only in answer to `since`: whether everything after it is replayed. */
  readonly recovered?: boolean;
  /** How many MESSAGE frames of the past follow. */
  readonly replayed: number;
  /** How many users are in the room, this one included. */
  readonly members: number;
}

/** The connection is not in the room any more. */
export interface Unsubscribed {
  readonly type: 'UNSUBSCRIBED';
  readonly room: string;
  /** Only where the client didn't ask for it. */
  readonly reason?: 'kicked' | 'forbidden';
}

/** The token is accepted. */
interface Authenticated {
  readonly type: 'AUTHENTICATED';
  readonly user: Identity;
  /** ISO 8601; absent where the token never runs out. */
  readonly expiresAt?: string;
}

/** The user has been taken out of the room, on every instance. */
interface Kicked {
  readonly type: 'KICKED';
  readonly room: string;
  readonly user: string;
}

/** The message is stored. */
export interface Ack {
  readonly type: 'ACK';
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly messageId: string;
  /** The message had been stored before, under the same messageId. */
  readonly duplicate: boolean;
}

/** A page of what was said in a room. */
export interface History {
  readonly type: 'HISTORY';
  readonly room: string;
  readonly epoch: string;
  /** Oldest first. */
  readonly messages: readonly Publication[];
  /** Whether the log holds more in the direction that was read. */
  readonly more: boolean;
}

/** A page of who is in a room, longest present first. */
export interface Members {
  readonly type: 'MEMBERS';
  readonly room: string;
  /** Of all members, listed or not. */
  readonly count: number;
  /** `since`: ISO 8601, UTC, milliseconds. */
  readonly members: readonly (Identity & { readonly since: string })[];
}

/** Rooms which have members. */
export interface Rooms {
  readonly type: 'ROOMS';
  readonly rooms: readonly {
    readonly name: string;
    readonly count: number;
    /** When its first member came. ISO 8601, UTC. */
    readonly createdAt: string;
  }[];
}

/** Answers PING. */
interface Pong {
  readonly type: 'PONG';
}

/** `from`..`to` were not sent to this connection and can't be replayed any more. */
interface Gap {
  readonly type: 'GAP';
  readonly room: string;
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** The room's log was lost or forked; what follows continues after `offset` of `epoch`. */
interface Reset {
  readonly type: 'RESET';
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly reason: 'broker_data_lost';
}

/** A user came with its first connection, or went with its last; `members` is how many there are now. */
interface MemberJoinedOrLeft {
  readonly type: 'MEMBER_JOINED' | 'MEMBER_LEFT';
  readonly room: string;
  readonly member: Identity;
  readonly members: number;
}

/** Who came and went in a while; without names, ask for MEMBERS to know. */
interface MembersChanged {
  readonly type: 'MEMBERS_CHANGED';
  readonly room: string;
  readonly joined?: readonly Identity[];
  readonly left?: readonly Identity[];
  readonly members: number;
}

/**
 * The instance is about to go: open another connection `afterMs` from now, resume there, and close this one. Who is
 * still here `deadlineMs` from now is closed with 4000.
 */
interface Reconnect {
  readonly type: 'RECONNECT';
  readonly afterMs: number;
  readonly deadlineMs: number;
}

/** A member has begun to type or ceased to; the server says so, too, when it has not renewed it for 6 s. */
interface Typing {
  readonly type: 'TYPING';
  readonly room: string;
  readonly member: Identity;
  readonly typing: boolean;
}

/** Answers to commands; what the gateway's methods return. */
export type Reply =
  Subscribed | Unsubscribed | Ack | History | Members | Authenticated | Kicked | Rooms | Pong;
/** What reaches a connection unasked, besides messages. */
export type MemberEvent = MemberJoinedOrLeft | MembersChanged;
export type LossEvent = Gap | Reset;
export type ServerEvent = Welcome | Unsubscribed | LossEvent | Reconnect | MemberEvent | Typing;
