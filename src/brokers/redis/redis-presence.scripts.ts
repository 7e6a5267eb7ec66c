// The Lua scripts of presence, one atomic step each, and the typed commands ioredis makes of them.
//
// Keys of a room, all in the hash slot of its channel; all expire, and are gone when the room is empty:
//   {room:<id>}:members     hash  user id → '<lease>,<lease> <identity JSON>'
//   {room:<id>}:since       zset  user id → when it came, ms
//   {room:<id>}:presence    hash  v version of the last change, n of the last one with names, c when the first member came, ms
//   {room:<id>}:on:<lease>  set   user ids registered under the lease
// Keys of the fleet, in one hash slot:
//   {roomcast:presence}:leases         zset  lease → when it runs out, ms
//   {roomcast:presence}:dead           zset  lease which is over → from when on it may be reaped, ms
//   {roomcast:presence}:fleet          hash  e epoch, b last heartbeat of anyone, s since when without a break, ms
//   {roomcast:presence}:rooms:<lease>  zset  rooms with registrations under the lease, all with score 0
import type { Redis, Result } from 'ioredis';

const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

/**
 * KEYS leases, dead, fleet, rooms of the lease · ARGV lease, duration ms, claim ms, 1 fresh, fresh epoch, ttl ms,
 * most claims → {1 held, epoch, now, next ms or -1, claimed lease, …}
 *
 * A fleet that was silent for long could not reach Redis: nobody's lease counts as over then, until everybody
 * had the time to renew it.
 */
const RENEW = `${NOW}
local duration = tonumber(ARGV[2])
local fleet = redis.call('HMGET', KEYS[3], 'e', 'b', 's')
local epoch, since = fleet[1] or ARGV[5], tonumber(fleet[3] or now)
if not fleet[1] or now - fleet[2] > duration / 2 or since > now then since = now end
redis.call('HSET', KEYS[3], 'e', epoch, 'b', now, 's', since)
local held = ARGV[4] == '1' or redis.call('ZSCORE', KEYS[1], ARGV[1])
if held then redis.call('ZADD', KEYS[1], now + duration, ARGV[1]) end
for i = 1, #KEYS do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end
if not held then return {0, epoch, now, -1} end

if now - since >= duration then
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[7])) do
    redis.call('ZREM', KEYS[1], lease)
    redis.call('ZADD', KEYS[2], now, lease)
  end
end
local claimed = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[7])
for _, lease in ipairs(claimed) do redis.call('ZADD', KEYS[2], now + ARGV[3], lease) end

local next
local lease = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if lease[1] ~= ARGV[1] then next = math.max(lease[2], since + duration) - now end
local dead = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if dead[1] then next = math.min(next or dead[2], dead[2] - now) end
return {1, epoch, now, next and math.max(next, 0) or -1, unpack(claimed)}
`;

/** KEYS leases, dead · ARGV lease, after ms, ttl ms */
const RELEASE = `${NOW}
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
`;

/**
 * What a change of a room ends with: the new version, the announcement in the very same step, the keys' lives.
 * The signal is the JSON of MembersSignal behind the prefix of signals.
 */
const CONCLUDE = `${NOW}
local function conclude(changed, joined, left, channel, ttl)
  local members = redis.call('ZCARD', KEYS[2])
  local version = tonumber(redis.call('HGET', KEYS[3], 'v') or 0)
  if changed then
    local previous = tonumber(redis.call('HGET', KEYS[3], 'n') or 0)
    version = math.max(version + 1, t[1] * 1000000 + t[2])
    redis.call('HSET', KEYS[3], 'v', string.format('%.0f', version))
    if #joined + #left > 0 then redis.call('HSET', KEYS[3], 'n', string.format('%.0f', version)) end
    redis.call('HSETNX', KEYS[3], 'c', now)
    redis.call('PUBLISH', channel, 's{"type":"members","joined":[' .. table.concat(joined, ',') .. '],"left":['
      .. table.concat(left, ',') .. string.format('],"members":%d,"version":%.0f,"previous":%.0f}', members, version, previous))
  end
  if members == 0 then redis.call('DEL', KEYS[3]) end
  for i = 1, #KEYS do redis.call('PEXPIRE', KEYS[i], ttl) end
  return members, version
end
`;

/**
 * Fenced by the lease's end: what arrives too late, from a link that was stuck, must not outlive the reaping. In the
 * same step a reaper is told of the room.
 *
 * KEYS members, since, presence, on, rooms of the lease · ARGV lease, until ms, ttl ms, channel, room, then id, since,
 * 1 announce, JSON of each user → {members, version}, or {-1, 0} when the lease is over
 */
const REGISTER = `${CONCLUDE}
if now >= tonumber(ARGV[2]) then return {-1, 0} end
redis.call('ZADD', KEYS[5], 0, ARGV[5])
local changed, joined = false, {}
for i = 6, #ARGV, 4 do
  local id, json = ARGV[i], ARGV[i + 3]
  local known = redis.call('HGET', KEYS[1], id)
  local leases = ARGV[1]
  if known then
    local others = known:match('^%S+')
    if (',' .. others .. ','):find(',' .. leases .. ',', 1, true) then leases = others
    else leases = others .. ',' .. leases end
  else
    changed = true
    redis.call('ZADD', KEYS[2], math.min(now, ARGV[i + 1]), id)
    if ARGV[i + 2] == '1' then joined[#joined + 1] = json end
  end
  redis.call('HSET', KEYS[1], id, leases .. ' ' .. json)
  redis.call('SADD', KEYS[4], id)
end
return {conclude(changed, joined, {}, ARGV[4], ARGV[3])}
`;

/**
 * KEYS members, since, presence, on · ARGV lease, most, ttl ms, channel, then the ids; without any, as many of
 * the lease's as it may → {members, version, how many are left under the lease}
 */
const UNREGISTER = `${CONCLUDE}
local ids = {}
for i = 5, #ARGV do ids[#ids + 1] = ARGV[i] end
if #ids == 0 then ids = redis.call('SRANDMEMBER', KEYS[4], ARGV[2]) end
local left = {}
for _, id in ipairs(ids) do
  redis.call('SREM', KEYS[4], id)
  local leases, json = (redis.call('HGET', KEYS[1], id) or ''):match('^(%S+) (.*)$')
  local others = {}
  for lease in (leases or ''):gmatch('[^,]+') do
    if lease ~= ARGV[1] then others[#others + 1] = lease end
  end
  if #others > 0 then
    redis.call('HSET', KEYS[1], id, table.concat(others, ',') .. ' ' .. json)
  elseif leases then
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
    left[#left + 1] = json
  end
end
local members, version = conclude(#left > 0, {}, left, ARGV[4], ARGV[3])
return {members, version, redis.call('SCARD', KEYS[4])}
`;

/** KEYS members, since, presence, on · ARGV ttl ms → {members, version, how many under the lease, version with names} */
const CHECK = `
for i = 1, #KEYS do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
local versions = redis.call('HMGET', KEYS[3], 'v', 'n')
return {redis.call('ZCARD', KEYS[2]), tonumber(versions[1] or 0), redis.call('SCARD', KEYS[4]), tonumber(versions[2] or 0)}
`;

/** KEYS members, since · ARGV limit → {count, id, since, '<leases> <JSON>', …} */
const LIST = `
local reply = {redis.call('ZCARD', KEYS[2])}
local ids = redis.call('ZRANGE', KEYS[2], 0, ARGV[1] - 1, 'WITHSCORES')
for i = 1, #ids, 2 do
  reply[#reply + 1] = ids[i + 1]
  reply[#reply + 1] = redis.call('HGET', KEYS[1], ids[i])
end
return reply
`;

/**
 * KEYS leases, dead · ARGV prefix of the keys with a lease's rooms, after, limit → {room, …}: the first of each
 * lease, in no order, since Lua would sort by the server's locale
 */
const ROOMS = `
local rooms, seen = {}, {}
local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
for _, key in ipairs(KEYS) do
  for _, lease in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    for _, room in ipairs(redis.call('ZRANGEBYLEX', ARGV[1] .. lease, from, '+', 'LIMIT', 0, ARGV[3])) do
      if not seen[room] then rooms[#rooms + 1] = room end
      seen[room] = true
    end
  end
end
return rooms
`;

export type RenewReply = [held: number, epoch: string, now: number, nextMs: number, ...claimed: string[]];
export type ChangeReply = [members: number, version: number, held?: number];
export type CheckReply = [members: number, version: number, held: number, named: number];
export type ListReply = [count: number, ...sinceAndEntry: string[]];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    presenceRenew(...args: (string | number)[]): Result<RenewReply, Context>;
    presenceRelease(...args: (string | number)[]): Result<null, Context>;
    presenceRegister(...args: (string | number)[]): Result<ChangeReply, Context>;
    presenceUnregister(...args: (string | number)[]): Result<ChangeReply, Context>;
    presenceCheck(...args: (string | number)[]): Result<CheckReply, Context>;
    presenceList(...args: (string | number)[]): Result<ListReply, Context>;
    presenceRooms(...args: (string | number)[]): Result<string[], Context>;
  }
}

export function definePresenceScripts(redis: Redis): void {
  redis.defineCommand('presenceRenew', { numberOfKeys: 4, lua: RENEW });
  redis.defineCommand('presenceRelease', { numberOfKeys: 2, lua: RELEASE });
  redis.defineCommand('presenceRegister', { numberOfKeys: 5, lua: REGISTER });
  redis.defineCommand('presenceUnregister', { numberOfKeys: 4, lua: UNREGISTER });
  redis.defineCommand('presenceCheck', { numberOfKeys: 4, lua: CHECK });
  redis.defineCommand('presenceList', { numberOfKeys: 2, lua: LIST });
  redis.defineCommand('presenceRooms', { numberOfKeys: 2, lua: ROOMS });
}
