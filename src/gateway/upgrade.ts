// Reads an upgrade request: which path, which room, who.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newId } from '../core/ids.js';
import { isRoomId } from '../protocol/room.js';
import type { Handshake } from './ws-connection.js';

/** What the request says, or the HTTP status it is refused with. */
export function readUpgrade(request: IncomingMessage): Omit<Handshake, 'dialect'> | number {
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const room = roomOfPath(path);
  if (room === null) return 404;
  const id = newId('u');
  return { room, identity: { id, name: `guest-${id.slice(-4)}` } };
}

export function refuseUpgrade(stream: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? '';
  stream.on('error', () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${reason.length}\r\n\r\n${reason}`,
  );
}

/** `/` and `/ws` name no room, `/ws/<room>` does; null: we don't serve this path. */
function roomOfPath(path: string): string | undefined | null {
  if (path === '/' || path === '/ws') return undefined;
  if (!path.startsWith('/ws/')) return null;
  try {
    const room = decodeURIComponent(path.slice('/ws/'.length));
    return isRoomId(room) ? room : null;
  } catch {
    return null;
  }
}
