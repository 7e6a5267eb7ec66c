// What the server says, in the native model; every dialect encodes these.
import type { Publication } from './position.js';

export interface Identity {
  readonly id: string;
  readonly name: string;
}

export interface Welcome {
  readonly type: 'WELCOME';
  readonly connectionId: string;
  readonly user: Identity;
  readonly limits: { readonly maxFrameBytes: number; readonly maxRooms: number };
  readonly heartbeatMs: number;
}

export interface Subscribed {
  readonly type: 'SUBSCRIBED';
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  /** Only in answer to `since`: whether everything after it is replayed. */
  readonly recovered?: boolean;
  /** How many MESSAGE frames of the past follow. */
  readonly replayed: number;
}

export interface Unsubscribed {
  readonly type: 'UNSUBSCRIBED';
  readonly room: string;
}

export interface Ack {
  readonly type: 'ACK';
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly messageId: string;
  /** The message had been stored before, under the same messageId. */
  readonly duplicate: boolean;
}

export interface History {
  readonly type: 'HISTORY';
  readonly room: string;
  readonly epoch: string;
  /** Oldest first. */
  readonly messages: readonly Publication[];
  /** Whether the log holds more in the direction that was read. */
  readonly more: boolean;
}

export interface Pong {
  readonly type: 'PONG';
}

/** `from`..`to` were not sent to this connection and can't be replayed any more. */
export interface Gap {
  readonly type: 'GAP';
  readonly room: string;
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** The room's log was lost or forked; what follows continues after `offset` of `epoch`. */
export interface Reset {
  readonly type: 'RESET';
  readonly room: string;
  readonly epoch: string;
  readonly offset: number;
  readonly reason: 'broker_data_lost';
}

/** Answers to commands; what the gateway's methods return. */
export type Reply = Subscribed | Unsubscribed | Ack | History | Pong;
/** What reaches a connection unasked, besides messages. */
export type ServerEvent = Welcome | Gap | Reset;
