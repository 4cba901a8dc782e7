import { assemble } from "./assemble.ts";
import { BASE } from "./base.ts";

/** Arguments: format, id for a new storage, its layout. Answers `ok` and the id, or what is different, and how. */
export const OPEN: string = assemble(
  BASE,
  `
local format, candidate, layout = argument(), argument(), argument()
local kind = call('TYPE', STORAGE).ok
if kind == 'none' then
  call('HSET', STORAGE, 'format', format, 'id', candidate, 'layout', layout)
  return { 'ok', candidate }
end
if kind ~= 'hash' then return { 'foreign', kind } end
local known = call('HMGET', STORAGE, 'format', 'id', 'layout')
if not known[1] or not known[2] then return { 'foreign', kind } end
if known[1] ~= format then return { 'format', known[1] } end
if (known[3] or '1 0') ~= layout then return { 'layout', known[3] or '1 0' } end
return { 'ok', known[2] }
`,
);

/** Tries each command on keys that do not exist, in ways that write nothing. Answers the names of those that are refused. */
export const PROBE: string = assemble(
  BASE,
  `
local key = root .. 'probe'
local tries = {
  { 'GET', key }, { 'MGET', key }, { 'STRLEN', key }, { 'GETRANGE', key, 0, 0 }, { 'EXISTS', key }, { 'TYPE', key },
  { 'DEL', key }, { 'UNLINK', key }, { 'HGET', key, 'f' }, { 'HMGET', key, 'f' }, { 'HGETALL', key }, { 'HDEL', key, 'f' },
  { 'LRANGE', key, 0, 0 }, { 'LLEN', key }, { 'LTRIM', key, 0, 0 }, { 'LPOP', key, 1 },
  { 'ZRANGE', key, 0, 0 }, { 'ZREVRANGE', key, 0, 0 }, { 'ZRANGEBYSCORE', key, 0, 0 }, { 'ZRANGEBYLEX', key, '-', '+' },
  { 'ZREVRANGEBYLEX', key, '+', '-' }, { 'ZCARD', key }, { 'ZCOUNT', key, 0, 0 }, { 'ZSCORE', key, 'm' }, { 'ZREM', key, 'm' },
  { 'ZREMRANGEBYRANK', key, 0, 0 },
  { 'ZADD', key, 'XX', 0, 'm' }, { 'ZPOPMAX', key }, { 'PUBLISH', root .. 'w:probe', 'probe' },
  -- Written and removed again: there is no other way to try them.
  { 'SET', key, '' }, { 'DEL', key }, { 'MSET', key, '' }, { 'DEL', key }, { 'HSET', key, 'f', '' }, { 'DEL', key },
  { 'HINCRBY', key, 'f', 1 }, { 'DEL', key }, { 'LPUSH', key, '' }, { 'DEL', key }, { 'RPUSH', key, '' }, { 'DEL', key },
}
local missing, seen = {}, {}
for i = 1, #tries do
  local name = tries[i][1]
  local reply = redis.pcall(unpack(tries[i]))
  local err = type(reply) == 'table' and reply.err
  if err then
    -- The server refuses every write for now; nothing is wrong with the user.
    for _, word in ipairs({ 'READONLY', 'OOM', 'MISCONF', 'NOREPLICAS' }) do
      if string.find(err, word, 1, true) then return missing end
    end
    if not seen[name] then missing[#missing + 1] = name end
    seen[name] = true
  end
end
return missing
`,
);
