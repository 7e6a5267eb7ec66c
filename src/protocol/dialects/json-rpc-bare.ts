// JSON-RPC by those who offer no subprotocol: a broadcast is heard as the request it was, and nothing comes unasked.
import type { Reply } from '../events.js';
import { type MessageBody, readBody } from '../message-body.js';
import type { Publication } from '../position.js';
import { LOBBY } from '../room.js';
import type { Dialect, Frame } from './dialect.js';
import { jsonRpc, type RpcRequest } from './json-rpc.js';

/** Answered also where they carry no id, by one that is null. */
const ALWAYS_ANSWERED: ReadonlySet<string> = new Set(['broadcast', 'self.reply']);

export const jsonRpcBare = {
  ...jsonRpc,

  decode(text: string): RpcRequest | readonly RpcRequest[] {
    const decoded = jsonRpc.decode(text);
    return 'method' in decoded ? answerable(decoded) : decoded.map(answerable);
  },

  encodeReply: (reply: Reply | undefined, request: RpcRequest | undefined) =>
    request && jsonRpc.encodeReply(reply, request),
  encodeEvent: (event) => ('room' in event ? jsonRpc.encodeEvent(event) : undefined),

  encodePublication(room: string, publication: Publication): Frame {
    if (room !== LOBBY) return jsonRpc.encodePublication(room, publication);
    return JSON.stringify(requestOf(readBody(publication.body)));
  },
} satisfies Dialect;

function answerable(request: RpcRequest): RpcRequest {
  const named = request.ref !== undefined || !ALWAYS_ANSWERED.has(request.method);
  return named ? request : { ...request, ref: null };
}

/** As it was sent, but with its params sorted by name. */
function requestOf({ message, data, via }: MessageBody): object {
  const params = via?.dialect === jsonRpc.name ? { ...data, text: message } : { text: message };
  const sorted = Object.fromEntries(Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { jsonrpc: '2.0', method: 'broadcast', params: sorted, id: via?.ref };
}
