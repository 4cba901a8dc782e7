import { assemble } from "./assemble.ts";
import { BASE, ID_ORDER } from "./base.ts";
import { JOB_DETAILS, JOB_TABLES } from "./jobs.ts";

/**
 * Rows for readers. A row is id, head, due time, time of end, time of expiry, body or its first line, extras and history; with
 * detail `ids` only id and head. Needs `BASE`.
 */
const ROWS = `
-- A body's first line has tags only, so this is enough of it.
local FIRST_LINE = 16383

local function flatten(row, detail)
  if detail == 'ids' then return row end
  local id, head = row[1], row[2]
  local state = string.sub(head, 1, 1)
  local finished = state == 'k' or state == 'f' or state == 'd'
  row[3] = state == 's' and call('ZSCORE', DUE, id) or ''
  row[4] = finished and call('ZSCORE', FINISHED .. state, id) or ''
  row[5] = finished and call('ZSCORE', EXPIRY, id) or ''
  if detail == 'full' then
    row[6] = call('MGET', BODY .. id)[1] or ''
  else
    local line = redis.pcall('GETRANGE', BODY .. id, 0, FIRST_LINE)
    row[6] = type(line) == 'string' and string.match(line, '^[^\\n]*\\n?') or ''
  end
  local size = redis.pcall('STRLEN', BODY .. id)
  row[7] = type(size) == 'number' and size or -1
  row[8] = call('HGETALL', EXTRA .. id)
  row[9] = detail == 'full' and call('LRANGE', HISTORY .. id, 0, -1) or {}
  return row
end

local function rowsOf(ids, detail)
  local rows = {}
  if #ids == 0 then return rows end
  local keys = {}
  for i = 1, #ids do keys[i] = JOB .. ids[i] end
  local texts = call('MGET', unpack(keys))
  for i = 1, #ids do rows[i] = texts[i] and flatten({ ids[i], texts[i] }, detail) or false end
  return rows
end
`;

/** Arguments: detail, ids in one text. Answers a row or nothing for each. */
export const READ_JOBS: string = assemble(
  BASE,
  ROWS,
  `
local detail, text = argument(), argument()
local ids = idsIn(text)
return rowsOf(ids, detail)
`,
);

/** Argument: ids in one text. Answers state and result of each finished one. */
export const READ_OUTCOMES: string = assemble(
  BASE,
  `
local text = argument()
local ids, keys, reply = {}, {}, {}
for first = 1, #text, 22 do
  ids[#ids + 1] = string.sub(text, first, first + 21)
  keys[#keys + 1] = JOB .. ids[#ids]
end
local texts = call('MGET', unpack(keys))
for i = 1, #ids do
  local state, flags = string.match(texts[i] or '', '^(%a)%d(%a*) ')
  if state == 'k' or state == 'f' or state == 'd' then
    reply[i] = { state, string.find(flags, 'x', 1, true) and call('HGET', EXTRA .. ids[i], 're') }
  else
    reply[i] = false
  end
end
return reply
`,
);

/** Arguments: unique keys. Answers the id of each one's holder. */
export const READ_HOLDERS: string = assemble(
  BASE,
  `
local reply = {}
for i = 1, #ARGV do
  local holder = call('GET', UNIQUE .. ARGV[i])
  local untilMs = holder and tonumber(string.sub(holder, 24))
  reply[i] = holder and not (untilMs and untilMs <= now) and string.sub(holder, 1, 22) or false
end
return reply
`,
);

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

/** Answers how many jobs there are in each state, over all queues: enqueued, scheduled, processing, succeeded, failed, deleted. */
export const COUNT_STATES: string = assemble(
  BASE,
  `
local enqueued, processing = 0, 0
local queues = call('ZRANGE', QUEUES, 0, -1)
for i = 1, #queues do
  local flat = call('HGETALL', QUEUE .. queues[i])
  for f = 1, #flat, 2 do
    local kind = string.sub(flat[f], 1, 1)
    if kind == 'b' then enqueued = enqueued + flat[f + 1] elseif kind == 'p' and flat[f] == 'p' then processing = processing + flat[f + 1] end
  end
end
return {
  enqueued, call('ZCARD', DUE), processing, call('ZCARD', FINISHED .. 'k'), call('ZCARD', FINISHED .. 'f'),
  call('ZCARD', FINISHED .. 'd'),
}
`,
);

/** Arguments: the queue after which to begin, how many. Answers for each its name, fields and the time its head came into it. */
export const LIST_QUEUES: string = assemble(
  BASE,
  JOB_TABLES,
  JOB_DETAILS,
  `
local after, limit = argument(), number()
local queues = call('ZRANGEBYLEX', QUEUES, after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, limit)

local function headOfBand(queue, band)
  for first = 0, 900, 100 do
    local entries = call('LRANGE', READY .. queue .. ':' .. band, first, first + 99)
    if #entries == 0 then return nil end
    for i = 1, #entries do
      local job = jobOf(string.sub(entries[i], 1, 22))
      if isLive(job, entries[i], queue, band) then return job.created + job.waited end
    end
  end
end

local reply = { now }
for i = 1, #queues do
  local fields = call('HGETALL', QUEUE .. queues[i])
  local oldest = math.huge
  for f = 1, #fields, 2 do
    local band = string.match(fields[f], '^b(%d)$')
    if band and tonumber(fields[f + 1]) > 0 then
      oldest = math.min(oldest, headOfBand(queues[i], band) or math.huge)
    end
  end
  reply[#reply + 1] = queues[i]
  reply[#reply + 1] = fields
  reply[#reply + 1] = oldest < math.huge and oldest or -1
end
return reply
`,
);

/** Arguments: queues. Answers enqueued, scheduled and processing of each. */
export const COUNT_QUEUES: string = assemble(
  BASE,
  `
local reply = {}
for i = 1, #ARGV do
  local flat = call('HGETALL', QUEUE .. ARGV[i])
  local enqueued, scheduled, processing = 0, 0, 0
  for f = 1, #flat, 2 do
    if string.sub(flat[f], 1, 1) == 'b' then enqueued = enqueued + flat[f + 1] end
    if flat[f] == 's' then scheduled = tonumber(flat[f + 1]) end
    if flat[f] == 'p' then processing = tonumber(flat[f + 1]) end
  end
  reply[#reply + 1] = enqueued
  reply[#reply + 1] = scheduled
  reply[#reply + 1] = processing
end
return reply
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
