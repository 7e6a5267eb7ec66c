// What each route of the HTTP API is for, what it takes, and how it answers.
import type { Type } from '@nestjs/common';
import type { CheckedClass } from '../../core/member-check.js';
import type { HistoryAnswer, ReadinessAnswer } from '../../http/answers.js';
import { AuthController } from '../../http/auth.controller.js';
import { ControlController } from '../../http/control.controller.js';
import { HealthController } from '../../http/health.controller.js';
import { MessagesController } from '../../http/messages.controller.js';
import { MetricsController } from '../../http/metrics.controller.js';
import { GuestBody, HistoryQuery, MembersQuery, PublishBody, RoomsQuery } from '../../http/requests.js';
import { RoomsController } from '../../http/rooms.controller.js';
import type { HttpErrorCode } from './error-examples.js';

export interface Answer {
  readonly status: number;
  readonly description: string;
  /** The name of its type in http/answers.ts; undefined: it is no JSON. */
  readonly type?: string;
  readonly example?: unknown;
  /** Where it has a body which is no JSON. */
  readonly mediaType?: string;
}

export interface Route {
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly auth?: 'apiKey' | 'guest' | 'metrics';
  readonly body?: CheckedClass;
  /** Bodies that may be sent one after the other. */
  readonly examples?: Readonly<Record<string, unknown>>;
  readonly query?: CheckedClass;
  /** Parameters that may be sent together. */
  readonly queryExample?: Readonly<Record<string, number | string>>;
  readonly answers: readonly Answer[];
  readonly errors: readonly HttpErrorCode[];
}

/** A controller's public methods: each is a route, and none may be missing. */
type RoutesOf<Controller> = {
  readonly [
    Name in keyof Controller as Controller[Name] extends (...args: never[]) => unknown ? Name : never
  ]: Route;
};

function routesOf<Controller>(controller: Type<Controller>, routes: RoutesOf<Controller>) {
  return { controller: controller as Type<object>, routes: routes as Readonly<Record<string, Route>> };
}

const user = { id: 'u-ada', name: 'Ada' };
const guest = { token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln', expiresIn: 43_200, user };
const stored = {
  room: 'general',
  epoch: 'k2f9',
  offset: 43,
  messageId: '3f0d8a52-6a55-4c50',
  duplicate: false,
};
const message = {
  type: 'MESSAGE' as const,
  room: 'general',
  offset: 43,
  messageId: stored.messageId,
  sender: { id: 'server', name: 'Server' },
  message: 'Deployed',
  sentAt: '2026-01-02T03:04:05.678Z',
};
const up = { broker: { status: 'up' }, canary: { status: 'up' } } as const;
const operator = { auth: 'apiKey', tag: 'Rooms' } as const;
const refusals = ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'UNAVAILABLE'] as const;

export const ROUTES = [
  routesOf(AuthController, {
    guest: {
      tag: 'Guests',
      summary: 'A token for a guest',
      description: "With a guest's token as the bearer token, the new one is for the same user.",
      auth: 'guest',
      body: GuestBody,
      examples: { name: { username: 'Ada' } },
      answers: [{ status: 201, description: 'The token', type: 'GuestAnswer', example: guest }],
      errors: ['BAD_REQUEST', 'UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED'],
    },
    login: {
      tag: 'Guests',
      summary: 'The same, with nothing but the token in the answer',
      body: GuestBody,
      examples: { name: { username: 'Ada' } },
      answers: [
        { status: 200, description: 'The token', type: 'LoginAnswer', example: { token: guest.token } },
      ],
      errors: ['BAD_REQUEST', 'FORBIDDEN', 'RATE_LIMITED'],
    },
  }),
  routesOf(MessagesController, {
    publish: {
      ...operator,
      summary: 'Publish a message',
      description:
        'Stored when it is answered. Nobody has to be in the room. With a `messageId` it may be sent again, and is ' +
        'still one message.',
      body: PublishBody,
      examples: {
        text: { message: 'Deployed' },
        onBehalf: {
          message: 'Deployed',
          messageId: 'deploy-1274',
          data: { build: 1274 },
          sender: { id: 'ci', name: 'CI' },
        },
      },
      answers: [{ status: 201, description: 'Its position', type: 'PublishAnswer', example: stored }],
      errors: ['BAD_REQUEST', 'BAD_ROOM', 'CONFLICT', 'MESSAGE_TOO_LARGE', ...refusals],
    },
    read: {
      ...operator,
      summary: 'Read what was said',
      description: 'The newest messages, those below `before`, or those above `after`; always oldest first.',
      query: HistoryQuery,
      queryExample: { before: 44, limit: 20 },
      answers: [
        {
          status: 200,
          description: 'A page',
          type: 'HistoryAnswer',
          example: {
            room: 'general',
            epoch: 'k2f9',
            messages: [message],
            more: true,
          } satisfies HistoryAnswer,
        },
      ],
      errors: ['BAD_REQUEST', 'BAD_ROOM', ...refusals],
    },
  }),
  routesOf(RoomsController, {
    list: {
      ...operator,
      summary: 'The rooms which have members, by name',
      query: RoomsQuery,
      queryExample: { after: 'general', limit: 20 },
      answers: [
        {
          status: 200,
          description: 'A page; `next` is the `after` of the following one',
          type: 'RoomsAnswer',
          example: {
            rooms: [{ name: 'general', count: 12, createdAt: '2026-01-02T03:04:05.678Z' }],
            next: 'general',
          },
        },
      ],
      errors: ['BAD_REQUEST', 'BAD_ROOM', ...refusals],
    },
    members: {
      ...operator,
      summary: 'Who is in a room, longest present first',
      query: MembersQuery,
      queryExample: { limit: 20 },
      answers: [
        {
          status: 200,
          description: 'A page',
          type: 'MembersAnswer',
          example: { room: 'general', count: 1, members: [{ ...user, since: '2026-01-02T03:04:05.678Z' }] },
        },
      ],
      errors: ['BAD_REQUEST', 'BAD_ROOM', ...refusals],
    },
  }),
  routesOf(ControlController, {
    disconnect: {
      ...operator,
      tag: 'Users',
      summary: 'Disconnect a user everywhere',
      description: 'Stored when it is answered: instances out of reach obey as soon as they are back.',
      answers: [{ status: 204, description: 'The order is stored' }],
      errors: ['BAD_REQUEST', ...refusals],
    },
    kick: {
      ...operator,
      tag: 'Users',
      summary: 'Take a user out of a room, on every instance',
      answers: [{ status: 204, description: 'The order is stored' }],
      errors: ['BAD_REQUEST', 'BAD_ROOM', ...refusals],
    },
  }),
  routesOf(HealthController, {
    health: {
      tag: 'Operating',
      summary: 'Whether the process lives',
      answers: [
        {
          status: 200,
          description: 'It does',
          type: 'HealthAnswer',
          example: { status: 'ok', uptime: 4711, connections: 1200, rooms: 80 },
        },
      ],
      errors: [],
    },
    ready: {
      tag: 'Operating',
      summary: 'Whether clients should be sent here',
      answers: [
        {
          status: 200,
          description: 'They should',
          type: 'ReadinessAnswer',
          example: { status: 'ok', info: up, error: {}, details: up } satisfies ReadinessAnswer,
        },
        {
          status: 503,
          description:
            'A link to the broker is down, the canary is missing, the loop is held up, or it drains',
          type: 'ReadinessAnswer',
        },
      ],
      errors: [],
    },
  }),
  routesOf(MetricsController, {
    metrics: {
      tag: 'Operating',
      summary: 'Metrics for Prometheus',
      auth: 'metrics',
      answers: [{ status: 200, description: "In Prometheus's text format", mediaType: 'text/plain' }],
      errors: ['UNAUTHENTICATED'],
    },
  }),
];
