// The ways in which a client shows its token, and what came of it.
import { within } from '../support/deadline.js';
import { frameOf, RawSocket } from '../support/raw-socket.js';
import { exchange, upgradeRequest } from './raw-http.js';

const TIMEOUT_MS = 5_000;

export type Way = 'Authorization' | 'subprotocol' | 'query' | 'AUTH';

/** An HTTP status in the upgrade (101: accepted); by AUTH the close code, or AUTHENTICATED. */
export type Outcome = number | string | undefined;

const PROTOCOLS = 'Sec-WebSocket-Protocol';

/** Whether a token can stand in a list of subprotocols: RFC 7230's token, or the library refuses before us. */
export function fitsSubprotocol(token: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/.test(token);
}

/** Shows a token when AUTH is the first frame of a connection that has shown none. */
async function byAuth(port: number, token: string): Promise<Outcome> {
  const raw = await RawSocket.connect(port, { early: [frameOf(JSON.stringify({ type: 'AUTH', token }))] });
  try {
    for (;;) {
      const { type, code } = await raw.next(TIMEOUT_MS);
      if (type === 'AUTHENTICATED') return type;
      if (type !== 'ERROR') continue;
      const closed = await within(raw.closed, TIMEOUT_MS, 'The close after an AUTH that failed');
      return code === 'UNAUTHENTICATED' ? closed : `${String(code)}, ${closed}`;
    }
  } finally {
    raw.destroy();
  }
}

export async function show(port: number, way: Way, token: string): Promise<Outcome> {
  if (way === 'AUTH') return byAuth(port, token);
  const request = {
    Authorization: upgradeRequest({ headers: { Authorization: `Bearer ${token}` } }),
    subprotocol: upgradeRequest({ headers: { [PROTOCOLS]: `roomcast.v1, roomcast.token.${token}` } }),
    query: upgradeRequest({ target: `/ws?token=${encodeURIComponent(token)}` }),
  }[way];
  const { status, head } = await exchange(port, request);
  if (head.includes('roomcast.token') || (token.length > 8 && head.includes(token))) return 'echoed';
  return status;
}
