// What the chat page asks for before it has joined a room: which rooms it may suggest.
import { Controller, Get, Headers, UseGuards } from '@nestjs/common';
import { AuthService } from '../auth/auth.service.js';
import { ChatError } from '../protocol/errors.js';
import { PresenceService } from '../rooms/presence.service.js';
import { bearerToken } from './bearer-token.js';
import { HttpOptions } from './http-options.js';
import { RateGuard } from './rate.guard.js';

/** Many pages ask at once; the broker is asked at most so often. */
const FRESH_MS = 5_000;

interface SuggestedRoom {
  readonly name: string;
  /** How many users are there. */
  readonly count: number;
}

@Controller('chat')
@UseGuards(RateGuard)
export class ChatController {
  #rooms: { readonly until: number; readonly counts: Promise<SuggestedRoom[]> } | undefined;

  constructor(
    private readonly auth: AuthService,
    private readonly presence: PresenceService,
    private readonly options: HttpOptions,
  ) {}

  /**
   * WEB_ROOMS with how many are there: those rooms which the caller's token, or a guest without one, may read.
   *
   * @throws ChatError UNAUTHENTICATED, UNAVAILABLE
   */
  @Get('rooms')
  async rooms(@Headers('authorization') authorization?: string): Promise<{ rooms: SuggestedRoom[] }> {
    const token = bearerToken(authorization);
    const session = token === undefined ? this.auth.anonymous() : await this.auth.authenticate(token);
    if (!session) throw new ChatError('UNAUTHENTICATED', 'Show a token as a bearer token');
    const rooms = await this.#counts();
    return { rooms: rooms.filter(({ name }) => session.permissions.allows(name, 'read')) };
  }

  #counts(): Promise<SuggestedRoom[]> {
    const now = performance.now();
    if (!this.#rooms || now >= this.#rooms.until) {
      const counts = Promise.all(this.options.webRooms.map((name) => this.#count(name)));
      this.#rooms = { until: now + FRESH_MS, counts };
      // What failed is asked again.
      counts.catch(() => (this.#rooms = undefined));
    }
    return this.#rooms.counts;
  }

  async #count(name: string): Promise<SuggestedRoom> {
    const { count } = await this.presence.members(name, 1);
    return { name, count };
  }
}
