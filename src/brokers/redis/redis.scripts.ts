// The Lua scripts, one atomic operation each, and the typed commands ioredis makes of them.
//
// Keys of a room, all in the hash slot of its channel `room:<id>`:
//   {room:<id>}:meta       hash    e epoch, s last offset, t last messageId
//   {room:<id>}:log        stream  <offset>-0: m messageId, p previous messageId, b body
//   {room:<id>}:id:<mid>   string  fingerprint \n epoch, space, offset of the message with that messageId

import type { Redis, Result } from 'ioredis';

/**
 * Once-only append and fan-out of many messages, each after Centrifuge's publish script: look the key up, number,
 * append, remember, publish. One call for all that a tick has to publish, since a call costs Redis and the
 * client as much as the work itself. Offsets are formatted with %d: Lua would write large numbers with an
 * exponent. A script which is refused (out of memory, read-only) has done nothing.
 *
 * KEYS for each message: meta, log, id
 * ARGV history size, history ttl ms, meta ttl ms, prefix of fresh epochs; for each message: body, fingerprint, rememberMs
 * → for each message `<outcome> <epoch> <offset>`, outcome 0 stored, 1 duplicate, -1 conflict
 */
export const PUBLISH = `
local call = redis.call
local size, logTtl, metaTtl, fresh = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local replies = {}
for index = 1, #KEYS / 3 do
  local metaKey, logKey, idKey = KEYS[3 * index - 2], KEYS[3 * index - 1], KEYS[3 * index]
  local body, print = ARGV[3 * index + 2], ARGV[3 * index + 3]
  -- ':meta' and ':id:' stand behind the same in both keys.
  local messageId = idKey:sub(#metaKey)
  local known = call('GET', idKey)
  if known then
    local firstPrint, position = known:match('^(.-)\\n(.*)$')
    replies[index] = (firstPrint == print and '1 ' or '-1 ') .. position
  else
    local meta = call('HMGET', metaKey, 'e', 's', 't')
    local epoch, previous = meta[1], meta[3]
    if not epoch then
      epoch, previous = fresh .. '.' .. index, ''
      call('DEL', logKey)
    end
    local offset = string.format('%d', (meta[2] or 0) + 1)
    call('XADD', logKey, 'MAXLEN', '=', size, offset .. '-0', 'm', messageId, 'p', previous, 'b', body)
    call('PEXPIRE', logKey, logTtl)
    call('HSET', metaKey, 'e', epoch, 's', offset, 't', messageId)
    call('PEXPIRE', metaKey, metaTtl)
    local position = epoch .. ' ' .. offset
    call('SET', idKey, print .. '\\n' .. position, 'PX', ARGV[3 * index + 4])
    -- The channel is what the keys' hash tag holds.
    call('PUBLISH', metaKey:sub(2, -7), 'p' .. epoch .. '\\n' .. offset .. '\\n' .. previous .. '\\n' .. messageId .. '\\n' .. body)
    replies[index] = '0 ' .. position
  end
end
return replies
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
    roomHead(...args: (string | number)[]): Result<HeadReply, Context>;
    roomHistoryBuffer(...args: (string | number)[]): Result<HistoryReply, Context>;
  }
}

export type { HeadReply };

/** Sent by hash, and loaded again by itself where Redis doesn't know it (first use, SCRIPT FLUSH, restart). */
export function defineScripts(redis: Redis): void {
  redis.defineCommand('roomHead', { numberOfKeys: 2, lua: HEAD });
  redis.defineCommand('roomHistory', { numberOfKeys: 2, lua: HISTORY });
}
