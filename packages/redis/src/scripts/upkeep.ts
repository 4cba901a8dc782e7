import { assemble, atOnce } from "./assemble.ts";
import { BASE, HOWEVER_FULL } from "./base.ts";
import { CHANGE_JOBS } from "./change-jobs.ts";
import { CLAIM_DETAILS } from "./claim.ts";
import { FLUSH, JOB_DETAILS, JOB_NAMES, JOB_TABLES } from "./jobs.ts";
import { PROMOTE, PROMOTE_NAMES } from "./promote.ts";
import { QUEUE_FIELDS } from "./queue-fields.ts";
import { LOSE } from "./servers.ts";
import { TRANSITIONS } from "./transitions.ts";
import { WAKES } from "./wakes.ts";

/** Arguments: task, interval in ms. */
export const TAKE_TURN: string = assemble(
  BASE,
  HOWEVER_FULL,
  `
local task, interval = argument(), number()
local next = call('HGET', TURNS, task)
if next and tonumber(next) > now then return 0 end
call('HSET', TURNS, task, now + interval)
return 1
`,
);

/** Argument: how many. Answers how many were promoted and when the next is due. */
export const PROMOTE_DUE: string = assemble(
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  atOnce([...JOB_NAMES, ...PROMOTE_NAMES], JOB_DETAILS, TRANSITIONS),
  FLUSH,
  WAKES,
  PROMOTE,
  `
local promoted = promote(number())
flush()
wake()
return { promoted, untilDue() or -1 }
`,
);

/**
 * Arguments: server, its beat, how many jobs, delay, time kept, error as members of a JSON object, its fingerprint. Answers -1
 * when the beat moved, else whether there is more, then ids with `r` returned, `f` failed, `d` deleted before them.
 */
export const RECOVER: string = assemble(
  ...CHANGE_JOBS,
  LOSE,
  `
local server, beat, limit, delayMs, retainMs = argument(), argument(), number(), number(), number()
local failure, fingerprint = argument(), argument()
local known = call('HMGET', SERVER .. server, 'b', 'lost')
if not known[1] then return { 0 } end
if not known[2] and known[1] ~= beat then return { -1 } end
lose(server)

local function decideEnd(job, crashes)
  if has(job, 'm') then return 'd' end
  return crashes > tonumber(job.maxCrashes) and 'f' or 'r'
end

local function recoverOne(job)
  local wasStarting = has(job, 's')
  local crashes = tonumber(job.crashes)
  if wasStarting or (crashes == 0 and tonumber(job.maxCrashes) > 0) then crashes = crashes + 1 end
  local ending = decideEnd(job, crashes)
  if ending == 'd' then
    note(job, 'd', true, '"reason":"requested"')
  elseif ending == 'f' then
    note(job, 'f', true, '"reason":"crash-loop",' .. failure)
  else
    note(job, wasStarting and delayMs > 0 and 's' or 'e', true, '"reason":"server-lost",' .. failure)
  end
  local kept = ending == 'd' and tonumber(call('HGET', EXTRA .. job.id, 'dk')) or 0
  leave(job)
  job.attempt = job.attempt - 1
  job.crashes = crashes
  -- A late settlement of the dead server must not be taken for one that was stored.
  local token, holder, started = leaseOf(job)
  setLease(job, '-', ending == 'r' and '-' or server, started)
  if ending == 'd' then
    enterFinal(job, 'd', 'requested', kept)
  elseif ending == 'f' then
    extra(job, 'fp', fingerprint)
    enterFinal(job, 'f', 'crash-loop', retainMs)
  elseif not wasStarting then
    enterPlace(job)
  elseif delayMs > 0 then
    enterScheduled(job, now + delayMs)
  else
    enterTail(job)
  end
  return ending
end

local ids = call('ZRANGE', LEASES .. server, 0, limit - 1)
load(ids)
local reply = { 0 }
for i = 1, #ids do
  local job = jobOf(ids[i])
  if job and job.state == 'p' then
    reply[#reply + 1] = recoverOne(job) .. ids[i]
  else
    unrank(LEASES .. server, ids[i])
  end
end
flush()
if call('ZCARD', LEASES .. server) > 0 then reply[1] = 1 else forgetServer(server) end
wake()
return reply
`,
);

/** Argument: how many in all. Answers how many jobs were removed and whether there may be more to do. */
export const PRUNE: string = assemble(
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  atOnce(JOB_NAMES, JOB_DETAILS, TRANSITIONS, CLAIM_DETAILS),
  FLUSH,
  WAKES,
  QUEUE_FIELDS,
  `
local limit = number()
local done, removedJobs = 0, 0

local function each(key, untilMs, act)
  if done >= limit then return end
  local members = call('ZRANGEBYSCORE', key, '-inf', untilMs, 'LIMIT', 0, limit - done)
  for i = 1, #members do act(members[i]) end
  done = done + #members
end

each(EXPIRY, now, function(id)
  local job = jobOf(id)
  if job and (job.state == 'k' or job.state == 'f' or job.state == 'd') then
    leave(job)
    drop(job)
    removedJobs = removedJobs + 1
  else
    unrank(EXPIRY, id)
  end
end)
each(DISCARD, now, function(id)
  local job = jobOf(id)
  if job and job.state == 'e' then discard(job, false) else unrank(DISCARD, id) end
end)
each(WINDOWS, now, function(key)
  holderOf(key)
  unrank(WINDOWS, key)
end)
each(MINUTES, now - 24 * 3600 * 1000, function(minute)
  call('UNLINK', MINUTE .. minute)
  call('ZREM', MINUTES, minute)
end)
flush()

-- A queue is forgotten when nothing would be lost without it.
local function isIdle(queue)
  local fields = fieldsOf(queue)
  if pausedUntil(fields) then return false end
  for field, value in pairs(fields) do
    local kind = string.sub(field, 1, 1)
    if (kind == 'b' or field == 's' or field == 'p') and tonumber(value) ~= 0 then return false end
  end
  return true
end
local queues = call('ZRANGE', QUEUES, 0, 999)
for i = 1, #queues do
  if isIdle(queues[i]) then
    local keys = { QUEUE .. queues[i] }
    for band = 0, 9 do keys[#keys + 1] = READY .. queues[i] .. ':' .. band end
    call('UNLINK', unpack(keys))
    call('ZREM', QUEUES, queues[i])
  end
end
return { removedJobs, limit > 0 and done >= limit and 1 or 0 }
`,
);

/**
 * Removes what means nothing any more from the heads of the bands: entries of jobs that were deleted, put off or moved. Argument:
 * how many entries. Answers how many were removed and whether there may be more.
 */
export const REPAIR: string = assemble(
  BASE,
  JOB_TABLES,
  JOB_DETAILS,
  `
local limit = number()
local swept = 0
local queues = call('ZRANGE', QUEUES, 0, 999)

local function sweep(queue, band)
  local list = READY .. queue .. ':' .. band
  while swept < limit do
    local entries = call('LRANGE', list, 0, 99)
    local ids, dead = {}, 0
    for i = 1, #entries do ids[i] = string.sub(entries[i], 1, 22) end
    load(ids)
    while dead < #entries and not isLive(jobOf(ids[dead + 1]), entries[dead + 1], queue, band) do dead = dead + 1 end
    if dead == 0 then return end
    call('LTRIM', list, dead, -1)
    call('HINCRBY', QUEUE .. queue, 'o' .. band, dead)
    swept = swept + dead
  end
end

for i = 1, #queues do
  for band = 0, 9 do
    if swept < limit then sweep(queues[i], tostring(band)) end
  end
end
return { swept, swept >= limit and limit > 0 and 1 or 0 }
`,
);
