import { assemble } from "./assemble.ts";
import { BASE, HOWEVER_FULL } from "./base.ts";
import { JOB_TABLES } from "./jobs.ts";
import { WAKES } from "./wakes.ts";

/** What register and heartbeat answer. Needs `BASE`. */
const REPLY = `
-- The storage's id; made anew when everything was deleted. A candidate is an id and, behind a space, the layout.
local function storageId(candidate)
  local id = call('HGET', STORAGE, 'id')
  if id then return id end
  local fresh, layout = string.match(candidate, '^(%S+) (.*)$')
  call('HSET', STORAGE, 'format', 1, 'id', fresh, 'layout', layout)
  return fresh
end

local function reply(server, candidate, peers)
  local known = call('HMGET', SERVER .. server, 'b', 'lost', 'run')
  local answer = { storageId(candidate), now, known[1] and not known[2] and 1 or 0, tonumber(known[1]) or 0, known[3] or 'run' }
  answer[6] = known[1] and call('ZRANGE', MARKS .. server, 0, 999) or {}
  if not known[1] or peers == 0 then return answer end
  local ids = call('ZRANGEBYLEX', SERVERS, '(' .. server, '+', 'LIMIT', 0, peers)
  local before = call('ZRANGEBYLEX', SERVERS, '-', '(' .. server, 'LIMIT', 0, peers - #ids)
  for i = 1, #before do ids[#ids + 1] = before[i] end
  for i = 1, #ids do
    local other = call('HMGET', SERVER .. ids[i], 'b', 'ls', 'lost')
    answer[#answer + 1] = ids[i] .. ' ' .. (other[1] or 0) .. ' ' .. (other[2] or 0) .. ' ' .. (other[3] or 0)
  end
  return answer
end
`;

/** Arguments: server, lease in ms, info, a candidate for the storage's id and its layout. */
export const REGISTER: string = assemble(
  BASE,
  REPLY,
  `
local server, leaseMs, info, candidate = argument(), argument(), argument(), argument()
if call('EXISTS', SERVER .. server) == 0 then
  call('HSET', SERVER .. server, 'b', 1, 'ls', leaseMs, 'info', info, 'at', now)
  call('ZADD', SERVERS, 0, server)
end
return reply(server, candidate, 0)
`,
);

/** Arguments: server, number of peers, a candidate for the storage's id and its layout, and, if it changed, the info. */
export const HEARTBEAT: string = assemble(
  BASE,
  HOWEVER_FULL,
  REPLY,
  `
local server, peers, candidate, info = argument(), number(), argument(), argument()
local known = call('HMGET', SERVER .. server, 'b', 'lost')
if known[1] and not known[2] then
  call('HINCRBY', SERVER .. server, 'b', 1)
  call('HSET', SERVER .. server, 'at', now)
  if info then call('HSET', SERVER .. server, 'info', info) end
end
return reply(server, candidate, peers)
`,
);

/** Loses and forgets servers. Needs `BASE`, `WAKES`. */
export const LOSE = `
local function lose(server)
  sate(server)
  call('HSET', SERVER .. server, 'lost', 1)
end
-- A lost server that holds nothing is of no use to anybody.
local function forgetServer(server)
  call('DEL', SERVER .. server, LEASES .. server, MARKS .. server)
  call('ZREM', SERVERS, server)
end
`;

/** Loses the server that is the argument, and forgets it if it holds nothing. */
const LEAVE: readonly string[] = [
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  WAKES,
  LOSE,
  `
local server = argument()
local isKnown, held = call('EXISTS', SERVER .. server) == 1, 0
if isKnown then
  lose(server)
  held = call('ZCARD', LEASES .. server)
  if held == 0 then forgetServer(server) end
end
`,
];

/** Argument: server. Answers whether it was known. */
export const UNREGISTER: string = assemble(...LEAVE, "return isKnown and 1 or 0");

/** Argument: server. Answers how many jobs it holds. */
export const LEAVE_PARTITION: string = assemble(...LEAVE, "return held");

/** Arguments: server, what it is to do. */
export const SIGNAL: string = assemble(
  BASE,
  HOWEVER_FULL,
  `
local server, desired = argument(), argument()
if call('EXISTS', SERVER .. server) == 0 then return 0 end
call('HSET', SERVER .. server, 'run', desired)
call('PUBLISH', CHANNEL .. server, 'control')
return 1
`,
);

/** Arguments: the server after which to begin, how many. Answers ids and fields. */
export const LIST_SERVERS: string = assemble(
  BASE,
  `
local after, limit = argument(), number()
local ids = call('ZRANGEBYLEX', SERVERS, after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, limit)
local reply = {}
for i = 1, #ids do
  local known = call('HMGET', SERVER .. ids[i], 'b', 'ls', 'at', 'run', 'lost', 'info')
  reply[#reply + 1] = ids[i]
  reply[#reply + 1] = (known[1] or 0) .. ' ' .. (known[2] or 0) .. ' ' .. (known[3] or 0) .. ' ' .. (known[4] or 'run')
    .. ' ' .. (known[5] or 0) .. ' ' .. call('ZCARD', LEASES .. ids[i])
  reply[#reply + 1] = known[6] or ''
end
return reply
`,
);
