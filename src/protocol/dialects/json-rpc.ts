// JSON-RPC 2.0, subprotocol roomcast.jsonrpc.v1: commands are methods, events are notifications.
import type { CommandRef, CommandType, Request } from '../commands.js';
import { ChatError } from '../errors.js';
import type { Reply, ServerEvent } from '../events.js';
import { messageHead, publicBody, readBody } from '../message-body.js';
import type { Publication } from '../position.js';
import { LOBBY } from '../room.js';
import { type Dialect, type Frame, MalformedFrame } from './dialect.js';
import { defectOf, isObject, parseJson } from './json.js';
import { errorObject, ParamsNotObject } from './json-rpc-errors.js';

const MAX_BATCH = 50;
const MAX_ID_LENGTH = 256;
const COMMAND_OF: ReadonlyMap<string, CommandType> = new Map<string, CommandType>([
  ['room.subscribe', 'SUBSCRIBE'],
  ['room.unsubscribe', 'UNSUBSCRIBE'],
  ['room.send', 'SEND_MESSAGE'],
  ['room.history', 'HISTORY'],
  ['room.members', 'MEMBERS'],
  ['room.typing', 'TYPING'],
  ['room.kick', 'KICK'],
  ['auth', 'AUTH'],
  ['ping', 'PING'],
]);
const TEXT_REQUIRED = 'text field is required and must be a non-empty string';

/** A request as its reply needs it. */
export type RpcRequest = Request & { readonly method: string };

export const jsonRpc = {
  name: 'jsonrpc',
  hearsLobby: true,

  decode(text: string): RpcRequest | readonly RpcRequest[] {
    const frame = parseJson(text);
    const defect = defectOf(frame);
    if (defect !== undefined) throw new MalformedFrame(defect, { ref: null });
    return Array.isArray(frame) ? decodeBatch(frame) : (decodeCall(frame) ?? []);
  },

  encodeReply(reply: Reply | undefined, request: RpcRequest | undefined): Frame | undefined {
    if (!request) return reply && notification(`room.${reply.type.toLowerCase()}`, withoutType(reply));
    if (request.ref === undefined) return undefined;
    return response('result', resultOf(reply, request), request.ref);
  },

  encodeError(error: ChatError, request: RpcRequest | undefined): Frame | undefined {
    const unasked = request !== undefined && request.ref === undefined;
    if (unasked && !(error instanceof MalformedFrame)) return undefined;
    return response('error', JSON.stringify(errorObject(error, request?.method)), request?.ref ?? null);
  },

  encodeBatch(answers: readonly Frame[]): Frame {
    return `[${answers.join(',')}]`;
  },

  encodeEvent(event: ServerEvent): Frame {
    const name = event.type.toLowerCase();
    return notification('room' in event ? `room.${name}` : name, withoutType(event));
  },

  encodePublication(room: string, publication: Publication): Frame {
    const members = publicMembers(room, publication);
    if (room !== LOBBY) return notification('room.message', members);
    const { message } = readBody(publication.body);
    return notification('broadcast', `{"text":${JSON.stringify(message)},${members.slice(1)}`);
  },
} satisfies Dialect;

/** Undefined for a response: we ask nothing, but some answer what they take for a request. @throws MalformedFrame */
function decodeCall(call: unknown): RpcRequest | undefined {
  if (!isObject(call)) throw new MalformedFrame('a request must be an object', { ref: null });
  const { jsonrpc, method, id, params } = call;
  if (method === undefined && ('result' in call || 'error' in call)) return undefined;
  const ref = id === undefined || isRef(id) ? id : null;
  if (ref !== id)
    throw new MalformedFrame(`id must be a number, or at most ${MAX_ID_LENGTH} characters`, { ref });
  if (jsonrpc !== '2.0') throw new MalformedFrame("jsonrpc version must be '2.0'", { ref: ref ?? null });
  if (!isName(method)) throw new MalformedFrame('method is required', { ref: ref ?? null });
  return { ...decodeMethod(method, params, ref), method };
}

function isName(method: unknown): method is string {
  return typeof method === 'string' && method !== '';
}

function decodeBatch(calls: readonly unknown[]): RpcRequest[] {
  if (calls.length === 0) throw new MalformedFrame('a batch must not be empty', { ref: null });
  if (calls.length > MAX_BATCH) {
    throw new MalformedFrame(`a batch may have at most ${MAX_BATCH} requests`, { ref: null });
  }
  return calls.flatMap((call) => {
    try {
      return decodeCall(call) ?? [];
    } catch (error) {
      if (error instanceof MalformedFrame) return { ...error.request, method: '' };
      throw error;
    }
  });
}

function isRef(id: unknown): id is CommandRef {
  return id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_ID_LENGTH);
}

function decodeMethod(method: string, params: unknown, ref: CommandRef | undefined): Request {
  if (method === 'broadcast' || method === 'self.reply') return decodeText(method, params, ref);
  const type = COMMAND_OF.get(method);
  if (!type) return refused('UNKNOWN_TYPE', `There is no method of this name`, ref);
  const body = params === undefined ? {} : params;
  if (!isObject(body)) return { type: undefined, ref, refusal: new ParamsNotObject() };
  // An alias; the room's own check finds what is wrong with it.
  if (body['room'] === undefined) body['room'] = body['roomId'];
  return { type, ref, body };
}

/** What stands beside `text` is passed on as data. */
function decodeText(method: string, params: unknown, ref: CommandRef | undefined): Request {
  if (!isObject(params)) return { type: undefined, ref, refusal: new ParamsNotObject() };
  const { text, ...rest } = params;
  if (typeof text !== 'string' || text === '') return refused('BAD_REQUEST', TEXT_REQUIRED, ref);
  const data = Object.keys(rest).length > 0 ? rest : undefined;
  return { type: method === 'broadcast' ? 'BROADCAST' : 'PING', ref, body: { message: text, data, ref } };
}

function refused(
  code: 'UNKNOWN_TYPE' | 'BAD_REQUEST',
  message: string,
  ref: CommandRef | undefined,
): Request {
  return { type: undefined, ref, refusal: new ChatError(code, message) };
}

/** JSON. Commands without a reply have an empty one here, since each request has to be answered. */
function resultOf(reply: Reply | undefined, { method, ...request }: RpcRequest): string {
  if (request.type && (method === 'broadcast' || method === 'self.reply')) {
    const text = String(request.body['message']);
    const length = { text_length: Buffer.byteLength(text) };
    return JSON.stringify(
      method === 'broadcast' ? { status: 'broadcasted', ...length } : { echo: text, ...length },
    );
  }
  if (!reply) return '{}';
  if (reply.type !== 'HISTORY') return withoutType(reply);
  const { room, epoch, more } = reply;
  const messages = reply.messages.map((publication) => publicMembers(room, publication)).join(',');
  return `${JSON.stringify({ room, epoch }).slice(0, -1)},"messages":[${messages}],"more":${more}}`;
}

function publicMembers(room: string, { offset, body }: Publication): string {
  return `{${messageHead(room, offset)}${publicBody(body).toString('utf8', 1)}`;
}

function withoutType({ type: _type, ...members }: Reply | ServerEvent): string {
  return JSON.stringify(members);
}

/** @param json the params */
function notification(method: string, json: string): string {
  return `{"jsonrpc":"2.0","method":"${method}","params":${json}}`;
}

function response(member: 'result' | 'error', json: string, ref: CommandRef): string {
  return `{"jsonrpc":"2.0","${member}":${json},"id":${JSON.stringify(ref)}}`;
}
