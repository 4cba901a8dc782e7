import { assemble } from "./assemble.ts";
import { BASE, ID_ORDER } from "./base.ts";
import { JOB_DETAILS, JOB_TABLES } from "./jobs.ts";
import { ROWS } from "./rows.ts";

/**
 * A part of a sorted set as rows. Arguments: detail, how many, the key's name, its order (`up`, `down` by score and id; `oldest`,
 * `newest` by id), and the place behind which to begin: score and id, or empty. Answers how many members were read, whether there
 * may be more, the place of each, and the rows.
 */
export const READ_RANKED: string = assemble(
  BASE,
  ID_ORDER,
  ROWS,
  `
local detail, limit, key, order = argument(), number(), root .. argument(), argument()
local score, id = argument(), argument()
local ids, places = {}, {}

local function byId()
  if order == 'newest' then
    return call('ZREVRANGEBYLEX', key, id == '' and '+' or '(' .. id, '-', 'LIMIT', 0, limit)
  end
  return call('ZRANGEBYLEX', key, id == '' and '-' or '(' .. id, '+', 'LIMIT', 0, limit)
end

-- Members of one score stand in the order of their ids, so the place within a score is found by rank.
local function rankAfter()
  if id == '' then return 0 end
  local count = order == 'up' and call('ZCOUNT', key, '-inf', '(' .. score) or call('ZCOUNT', key, '(' .. score, '+inf')
  local low, high = count, count + call('ZCOUNT', key, score, score)
  local command = order == 'up' and 'ZRANGE' or 'ZREVRANGE'
  while low < high do
    local middle = math.floor((low + high) / 2)
    local other = call(command, key, middle, middle)[1]
    local isBehind
    if order == 'up' then isBehind = isLower(id, other) else isBehind = isLower(other, id) end
    if isBehind then high = middle else low = middle + 1 end
  end
  return low
end

if order == 'oldest' or order == 'newest' then
  ids = byId()
  for i = 1, #ids do places[i] = { '', ids[i] } end
else
  local first = rankAfter()
  local flat = call(order == 'up' and 'ZRANGE' or 'ZREVRANGE', key, first, first + limit - 1, 'WITHSCORES')
  for i = 1, #flat, 2 do
    ids[#ids + 1] = flat[i]
    places[#places + 1] = { flat[i + 1], flat[i] }
  end
end
return { #ids, #ids < limit and {} or places[#ids], places, rowsOf(ids, detail) }
`,
);

/**
 * Enqueued jobs in the order of claim. Arguments: detail, how many entries to look at, queue, band and position to begin at, and
 * the queues from there on, sorted, or nothing for all. Answers how many entries were looked at, where to go on (nothing: the end), the place
 * behind each job, and the rows.
 */
export const READ_BANDS: string = assemble(
  BASE,
  JOB_TABLES,
  JOB_DETAILS,
  ROWS,
  `
local detail, limit, fromQueue, fromBand, fromPosition = argument(), number(), argument(), number(), number()
local looked, ids, places = 0, {}, {}

local function lookAt(queue, band, fromPosition)
  local popped = tonumber(call('HGET', QUEUE .. queue, 'o' .. band)) or 0
  local position = math.max(popped, fromPosition)
  local first = position - popped
  -- One more than may be looked at: its being there says that the page does not end here.
  local entries = call('LRANGE', READY .. queue .. ':' .. band, first, first + limit - looked)
  local members = {}
  for i = 1, #entries do members[i] = string.sub(entries[i], 1, 22) end
  load(members)
  for i = 1, #entries do
    if looked >= limit then return { queue, band, position } end
    looked = looked + 1
    position = position + 1
    if isLive(jobOf(members[i]), entries[i], queue, tostring(band)) then
      ids[#ids + 1] = members[i]
      places[#places + 1] = { queue, band, position }
    end
  end
end

local function lookAtAll(queues)
  for q = 1, #queues do
    local isFirst = queues[q] == fromQueue
    for band = isFirst and fromBand or 0, 9 do
      local goOn = lookAt(queues[q], band, isFirst and band == fromBand and fromPosition or -math.huge)
      if goOn then return goOn end
    end
  end
  return {}
end

local queues = {}
if read < #ARGV then
  for q = read + 1, #ARGV do queues[#queues + 1] = ARGV[q] end
else
  queues = call('ZRANGEBYLEX', QUEUES, fromQueue == '' and '-' or '[' .. fromQueue, '+')
end
local goOn = lookAtAll(queues)
return { looked, goOn, places, rowsOf(ids, detail) }
`,
);

/**
 * Processing jobs in the order of their start. Arguments: detail, how many, the start and id behind which to begin (or empty).
 * Answers as READ_RANKED does.
 */
export const READ_LEASES: string = assemble(
  BASE,
  ID_ORDER,
  ROWS,
  `
local detail, limit, score, id = argument(), number(), argument(), argument()
local found = {}
local servers = call('ZRANGE', SERVERS, 0, -1)
for s = 1, #servers do
  -- Jobs of one start stand in the order of their ids: those before the place are few, a claim's worth at most.
  local skipped = 0
  local wanted = limit
  while wanted > 0 do
    local flat = call('ZRANGEBYSCORE', LEASES .. servers[s], score == '' and '-inf' or score, '+inf', 'WITHSCORES', 'LIMIT', skipped, limit)
    for i = 1, #flat, 2 do
      if score == '' or tonumber(flat[i + 1]) > tonumber(score) or isLower(id, flat[i]) then
        found[#found + 1] = { flat[i], tonumber(flat[i + 1]) }
        wanted = wanted - 1
      end
    end
    skipped = skipped + limit
    if #flat < 2 * limit then wanted = 0 end
  end
end
table.sort(found, function(one, other)
  if one[2] == other[2] then return isLower(one[1], other[1]) end
  return one[2] < other[2]
end)
local ids, places = {}, {}
for i = 1, math.min(limit, #found) do
  ids[i] = found[i][1]
  places[i] = { tostring(found[i][2]), found[i][1] }
end
return { #ids, #ids < limit and {} or places[#ids], places, rowsOf(ids, detail) }
`,
);
