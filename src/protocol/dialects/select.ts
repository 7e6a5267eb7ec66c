// Which dialect a connection speaks: by its subprotocol, otherwise by its first frame.
import type { Dialect } from './dialect.js';
import { envelope } from './envelope.js';
import { isObject } from './json.js';
import { jsonRpc } from './json-rpc.js';
import { jsonRpcBare } from './json-rpc-bare.js';
import { native } from './native.js';
import { plain } from './plain.js';
import { roomEvents } from './room-events.js';

const BY_SUBPROTOCOL: ReadonlyMap<string, Dialect> = new Map<string, Dialect>([
  ['roomcast.v1', native],
  ['roomcast.jsonrpc.v1', jsonRpc],
]);

/** What a message is told in to those who have shown no dialect, by its sender's. */
const BY_NAME: ReadonlyMap<string, Dialect> = new Map(
  ([native, jsonRpcBare, roomEvents, envelope, plain] satisfies Dialect[]).map((dialect) => [
    dialect.name,
    dialect,
  ]),
);

/** The first offered subprotocol that is ours; undefined leaves the choice to the first frame. */
export function selectSubprotocol(offered: Iterable<string>): string | undefined {
  // Our own string for all connections, instead of one cut out of each request.
  for (const name of offered) {
    for (const ours of BY_SUBPROTOCOL.keys()) if (ours === name) return ours;
  }
  return undefined;
}

export function dialectOfSubprotocol(name: string): Dialect | undefined {
  return BY_SUBPROTOCOL.get(name);
}

/** The native one for a name which another version of this server may know. */
export function dialectNamed(name: string): Dialect {
  return BY_NAME.get(name) ?? native;
}

/** By the frame's shape, whether it is a good command of that dialect or not; undefined where it shows none. */
export function dialectOfFrame(text: string): Dialect | undefined {
  const parsed = parsedOrUndefined(text);
  const frame: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!isObject(frame)) return undefined;
  if ('jsonrpc' in frame) return jsonRpcBare;
  if (Array.isArray(parsed)) return undefined;
  const { type } = frame;
  if (type === undefined) return 'content' in frame ? plain : undefined;
  if (typeof type !== 'string') return undefined;
  if (!/^\p{Ll}/u.test(type)) return native;
  return 'payload' in frame ? envelope : roomEvents;
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
