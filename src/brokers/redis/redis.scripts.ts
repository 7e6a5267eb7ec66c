// The Lua scripts, one atomic operation each, and the typed commands ioredis makes of them.
//
// Keys of a room, all in the hash slot of its channel `room:<id>`:
//   {room:<id>}:meta       hash    e epoch, s last offset, t last messageId
//   {room:<id>}:log        stream  <offset>-0: m messageId, p previous messageId, b body
//   {room:<id>}:id:<mid>   string  fingerprint \n epoch \n offset of the message with that messageId

import type { Redis, Result } from 'ioredis';

/**
 * Once-only append and fan-out, after Centrifuge's publish script: look the key up, number, append, remember,
 * publish. Offsets are formatted with %d since Lua would write large numbers with an exponent.
 *
 * KEYS meta, log, id · ARGV messageId, body, fingerprint, rememberMs, fresh epoch, history size, history ttl ms,
 * meta ttl ms, channel → {0|1 duplicate|-1 conflict, epoch, offset}
 */
const PUBLISH = `
local known = redis.call('GET', KEYS[3])
if known then
  local print, epoch, offset = known:match('^(.-)\\n(.-)\\n(.-)$')
  if print ~= ARGV[3] then return {-1, epoch, offset} end
  return {1, epoch, offset}
end
local meta = redis.call('HMGET', KEYS[1], 'e', 's', 't')
local epoch, previous = meta[1], meta[3]
if not epoch then
  epoch, previous = ARGV[5], ''
  redis.call('DEL', KEYS[2])
end
local offset = string.format('%d', (meta[2] or 0) + 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[6], offset .. '-0', 'm', ARGV[1], 'p', previous, 'b', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('HSET', KEYS[1], 'e', epoch, 's', offset, 't', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('SET', KEYS[3], ARGV[3] .. '\\n' .. epoch .. '\\n' .. offset, 'PX', ARGV[4])
redis.call('PUBLISH', ARGV[9], 'p' .. epoch .. '\\n' .. offset .. '\\n' .. previous .. '\\n' .. ARGV[1] .. '\\n' .. ARGV[2])
return {0, epoch, offset}
`;

/** A room without a log gets an epoch, so that a position before its first message can be told. */
const ENSURE_META = `
local meta = redis.call('HMGET', KEYS[1], 'e', 's', 't')
if not meta[1] then
  meta = {ARGV[1], '0', ''}
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'e', ARGV[1], 's', '0', 't', '')
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
`;

/**
 * The log's end; keeps the meta key of a room in use alive.
 *
 * KEYS meta, log · ARGV fresh epoch, ttl ms of an empty room, meta ttl ms → {epoch, offset, messageId}
 */
const HEAD = `${ENSURE_META}
redis.call('PEXPIRE', KEYS[1], meta[2] == '0' and ARGV[2] or ARGV[3])
return meta
`;

/**
 * A consistent look at the log.
 *
 * KEYS meta, log · ARGV fresh epoch, ttl ms of an empty room, from, offset, limit
 * → {epoch, offset, messageId, log length, {{'<offset>-0', {'m', …, 'p', …, 'b', …}}, …}} oldest first
 */
const HISTORY = `${ENSURE_META}
local entries
local limit = tonumber(ARGV[5])
if limit == 0 then
  entries = {}
elseif ARGV[3] == 'after' then
  entries = redis.call('XRANGE', KEYS[2], '(' .. ARGV[4] .. '-0', '+', 'COUNT', limit)
else
  local last = ARGV[3] == 'before' and '(' .. ARGV[4] .. '-0' or '+'
  local newestFirst = redis.call('XREVRANGE', KEYS[2], last, '-', 'COUNT', limit)
  entries = {}
  for i = #newestFirst, 1, -1 do entries[#entries + 1] = newestFirst[i] end
end
return {meta[1], meta[2], meta[3], redis.call('XLEN', KEYS[2]), entries}
`;

type HeadReply = [epoch: string, offset: string, messageId: string];
type PublishReply = [outcome: number, epoch: string, offset: string];
type LogEntry = [id: Buffer, fields: Buffer[]];
export type HistoryReply = [
  epoch: Buffer,
  offset: Buffer,
  messageId: Buffer,
  length: number,
  entries: LogEntry[],
];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    roomPublish(...args: (string | number | Buffer)[]): Result<PublishReply, Context>;
    roomHead(...args: (string | number)[]): Result<HeadReply, Context>;
    roomHistoryBuffer(...args: (string | number)[]): Result<HistoryReply, Context>;
  }
}

export type { HeadReply, PublishReply };

/** Sent by hash, and loaded again by itself where Redis doesn't know it (first use, SCRIPT FLUSH, restart). */
export function defineScripts(redis: Redis): void {
  redis.defineCommand('roomPublish', { numberOfKeys: 3, lua: PUBLISH });
  redis.defineCommand('roomHead', { numberOfKeys: 2, lua: HEAD });
  redis.defineCommand('roomHistory', { numberOfKeys: 2, lua: HISTORY });
}
