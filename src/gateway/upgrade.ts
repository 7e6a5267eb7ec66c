// Decides about upgrade requests before the handshake: which path, from where, who.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AuthService } from '../auth/auth.service.js';
import { withDeadline } from '../core/deadline.js';
import type { Session } from '../core/session.js';
import { ChatError, type ErrorCode } from '../protocol/errors.js';
import { isRoomId } from '../protocol/room.js';
import { addressOf } from '../core/address.js';
import { AdmissionOptions } from './admission-options.js';
import type { Handshake } from './connection-host.js';
import { ConnectionLimits } from './connection-limits.js';
import { isOriginAllowed } from './origins.js';

const TOKEN_SUBPROTOCOL = 'roomcast.token.';
/** How long checking a token may take; fetching its key set is the longest part. */
const AUTHENTICATION_DEADLINE_MS = 4_000;
const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
};

/** Why an upgrade is refused. */
export class UpgradeRefused extends Error {
  constructor(
    readonly status: number,
    readonly retryAfterMs?: number,
  ) {
    super(STATUS_CODES[status]);
  }
}

@Injectable()
export class UpgradePolicy {
  constructor(
    private readonly auth: AuthService,
    private readonly limits: ConnectionLimits,
    private readonly options: AdmissionOptions,
  ) {}

  /** @throws UpgradeRefused */
  async admit(request: IncomingMessage): Promise<Omit<Handshake, 'dialect'>> {
    const url = readUrl(request);
    this.#checkRequest(request);
    const address = addressOf(request, this.options.trustedProxyHops);
    try {
      await this.limits.handshake(address);
      const session = await this.#sessionOf(tokenOf(request) ?? this.#queryToken(url.query));
      return { address, room: url.room, lobby: url.lobby, session };
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** To be called in the very turn that accepts: others were admitted meanwhile. @throws UpgradeRefused */
  requireRoom({ address, session }: Pick<Handshake, 'address' | 'session'>): void {
    try {
      this.limits.requireRoom(address, session?.user.id);
    } catch (error) {
      throw asRefusal(error);
    }
  }

  #checkRequest({ headers, httpVersion }: IncomingMessage): void {
    // ws itself would take the draft version 8 as well, and HTTP/1.0.
    if (httpVersion !== '1.1' || !headers.host) throw new UpgradeRefused(400);
    if (headers['sec-websocket-version'] !== '13') throw new UpgradeRefused(400);
    if (!isOriginAllowed(headers.origin, headers.host, this.options)) throw new UpgradeRefused(403);
  }

  async #sessionOf(token: string | undefined): Promise<Session | undefined> {
    if (token === undefined) return this.auth.anonymous();
    return withDeadline(
      this.auth.authenticate(token),
      AUTHENTICATION_DEADLINE_MS,
      () => new ChatError('UNAVAILABLE', 'Authentication took too long'),
    );
  }

  #queryToken(query: URLSearchParams): string | undefined {
    const token = query.get('token') ?? undefined;
    if (token !== undefined && !this.options.queryToken) throw new UpgradeRefused(401);
    return token;
  }
}

function asRefusal(error: unknown): unknown {
  if (!(error instanceof ChatError)) return error;
  return new UpgradeRefused(STATUS[error.code] ?? 500, error.retryAfterMs);
}

/** Node leaves the client's half open, so a socket that was only ended would be held as long as it likes. */
export function refuseUpgrade(stream: Duplex, { status, retryAfterMs }: UpgradeRefused): void {
  stream.once('finish', () => stream.destroy());
  const reason = STATUS_CODES[status] ?? '';
  const retry = retryAfterMs === undefined ? '' : `Retry-After: ${Math.ceil(retryAfterMs / 1_000)}\r\n`;
  stream.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/plain\r\n${retry}` +
      `Content-Length: ${reason.length}\r\n\r\n${reason}`,
  );
}

/** `Authorization: Bearer …`, or a second offered subprotocol, which is where a browser can put a token. */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer.trim();
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  return offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL))?.slice(TOKEN_SUBPROTOCOL.length);
}

interface Target {
  readonly room: string | undefined;
  readonly lobby: boolean;
  readonly query: URLSearchParams;
}

/** `/` and `/ws` name no room, `/ws/<room>` does; on `/ws` the lobby is heard. */
function readUrl({ url = '/' }: IncomingMessage): Target {
  const [path = '', search = ''] = url.split('?', 2);
  const query = new URLSearchParams(search);
  if (path === '/' || path === '/ws') return { room: undefined, lobby: path === '/ws', query };
  const room = path.startsWith('/ws/') ? decoded(path.slice('/ws/'.length)) : undefined;
  if (room === undefined || !isRoomId(room)) throw new UpgradeRefused(404);
  return { room, lobby: false, query };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
