// What the HTTP API answers.
import type { GuestToken } from '../auth/auth.service.js';
import type { MemberPage, RoomPage } from '../core/presence-store.js';
import type { ErrorCode } from '../protocol/errors.js';
import type { Ack, History } from '../protocol/events.js';
import type { MessageFrame } from '../protocol/frames.js';

/** A token for a guest. */
export type GuestAnswer = GuestToken;

export type LoginAnswer = Pick<GuestToken, 'token'>;

/** The message is stored. */
export type PublishAnswer = Omit<Ack, 'type'>;

/** A page of what was said in a room. */
export type HistoryAnswer = Omit<History, 'type' | 'messages'> & {
  /** Oldest first. */
  readonly messages: readonly MessageFrame[];
};

/** A page of the rooms which have members. */
export type RoomsAnswer = RoomPage;

/** A page of who is in a room. */
export type MembersAnswer = MemberPage & { readonly room: string };

export interface HealthAnswer {
  readonly status: 'ok';
  /** Seconds since the process began. */
  readonly uptime: number;
  readonly connections: number;
  /** Rooms with members on this instance. */
  readonly rooms: number;
}

interface CheckResults {
  readonly [check: string]: { readonly status: 'up' | 'down'; readonly message?: string };
}

/** What `@nestjs/terminus` makes of the checks, each by its name. */
export interface ReadinessAnswer {
  readonly status: 'ok' | 'error' | 'shutting_down';
  /** Those which are up. */
  readonly info?: CheckResults;
  /** Those which are down. */
  readonly error?: CheckResults;
  readonly details: CheckResults;
}

/** Why a request failed. */
export interface ErrorAnswer {
  readonly code: ErrorCode;
  /** For people. */
  readonly message: string;
  /** Whether the same request may succeed later, without a change. */
  readonly retryable: boolean;
}
