import { assemble, onDemand } from "./assemble.ts";
import { BASE, HOWEVER_FULL } from "./base.ts";
import { CHANGE_JOBS } from "./change-jobs.ts";
import { CLAIM_DETAILS } from "./claim.ts";
import { FLUSH, JOB_DETAILS, JOB_NAMES, JOB_TABLES } from "./jobs.ts";
import { PROMOTE } from "./promote.ts";
import { QUEUE_FIELDS } from "./queue-fields.ts";
import { TRANSITIONS } from "./transitions.ts";
import { WAKES } from "./wakes.ts";

/** What a server's claim of these queues may get without an enqueue, and when. */
const OUTLOOK = `
local function untilDue()
  local dueMs = tonumber(call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2])
  return dueMs and math.max(0, dueMs - now) or -1
end

local function waitingIn(fields)
  local jobs = 0
  for band = 0, 9 do jobs = jobs + (tonumber(fields['b' .. band]) or 0) end
  return jobs
end

-- -1: it is not paused; -2: for ever.
local function pauseOf(fields)
  local untilMs = pausedUntil(fields)
  if not untilMs then return -1 end
  return untilMs < math.huge and untilMs - now or -2
end

local function isHeld(server)
  local known = call('HMGET', SERVER .. server, 'b', 'lost')
  return known[1] and not known[2] and 1 or 0
end
`;

/**
 * What a claim would find first. Arguments: server, most jobs to tell, queues and most jobs of each. Answers whether the lease
 * holds, ms until the next due job (-1: none), and for each queue its pause, how many wait, and band, id, time of enqueueing and
 * bytes of the first. Sweeps what means nothing any more from the heads of the bands, and discards what is too late, so that all
 * that it tells of can be claimed.
 */
export const LOOK_AHEAD: string = assemble(
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  JOB_DETAILS,
  onDemand([...JOB_NAMES, "isTooLate", "discard"], TRANSITIONS, CLAIM_DETAILS),
  FLUSH,
  WAKES,
  QUEUE_FIELDS,
  OUTLOOK,
  `
local MOST_LOOKED_AT = 1000
local server, room = argument(), number()
local looked, discarded = 0, 0

local function lookAtBand(queue, band, want, told)
  local list = READY .. queue .. ':' .. band
  local position, dead, isLeading, listed = 0, 0, true, 0
  while listed < want and looked < MOST_LOOKED_AT do
    local entries = call('LRANGE', list, position, position + math.max(want - listed, 20) - 1)
    if #entries == 0 then break end
    local ids = {}
    for i = 1, #entries do ids[i] = string.sub(entries[i], 1, 22) end
    load(ids)
    for i = 1, #entries do
      local job = jobOf(ids[i])
      local isThere = isLive(job, entries[i], queue, band)
      if isThere and has(job, 'd') and prepare().isTooLate(job) then
        prepare().discard(job, false)
        isThere, discarded = false, discarded + 1
      end
      if isThere then
        isLeading = false
        if listed < want then
          listed = listed + 1
          told[#told + 1] = band
          told[#told + 1] = ids[i]
          told[#told + 1] = string.format('%.3f', job.created + job.waited)
          told[#told + 1] = job.bytes
        end
      elseif isLeading then
        dead = dead + 1
      end
    end
    position = position + #entries
    looked = looked + #entries
  end
  if dead > 0 then
    call('LTRIM', list, dead, -1)
    call('HINCRBY', QUEUE .. queue, 'o' .. band, dead)
  end
  return listed
end

local reply = { isHeld(server), untilDue() }
while read < #ARGV do
  local queue, want = argument(), math.min(number(), room)
  local fields, told = fieldsOf(queue), {}
  local pause = pauseOf(fields)
  discarded = 0
  if pause == -1 then
    for band = 0, 9 do
      if want > 0 and (tonumber(fields['b' .. band]) or 0) > 0 then
        local listed = lookAtBand(queue, tostring(band), want, told)
        want, room = want - listed, room - listed
      end
    end
  end
  table.insert(told, 1, waitingIn(fields) - discarded)
  table.insert(told, 1, pause)
  reply[#reply + 1] = told
end
flush()
wake()
return reply
`,
);

/**
 * Marks a server as hungry for those of the queues that have nothing to give, and for no others. Arguments: server, queues.
 * Answers ms until a claim may give more without an enqueue (-1: nobody knows).
 */
export const HUNGER_FOR: string = assemble(
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  WAKES,
  QUEUE_FIELDS,
  OUTLOOK,
  `
local server = argument()
local least, short = untilDue(), {}
while read < #ARGV do
  local queue = argument()
  local fields = fieldsOf(queue)
  local pause = pauseOf(fields)
  if pause ~= -1 or waitingIn(fields) <= 0 then
    short[#short + 1] = queue
    if pause >= 0 and (least < 0 or pause < least) then least = pause end
  else
    least = 0
  end
end
if isHeld(server) == 0 then return least end
local hungers, queues = call('HGET', SERVER .. server, 'hq'), table.concat(short, ' ')
if hungers and hungers ~= queues then sate(server, hungers) end
if #short == 0 then return least end
for i = 1, #short do call('ZADD', HUNGER .. short[i], nowText, server) end
call('ZADD', HUNGRY, nowText, server)
call('HSET', SERVER .. server, 'hq', queues)
return least
`,
);

/** Argument: how many. Answers the time, and id and due time of the earliest due jobs. */
export const READ_DUE: string = assemble(
  BASE,
  `
local reply = call('ZRANGEBYSCORE', DUE, '-inf', now, 'WITHSCORES', 'LIMIT', 0, number())
table.insert(reply, 1, now)
return reply
`,
);

/**
 * Promotes jobs that are due. Arguments: the time of the call, then for each job its id and its place among all of this call,
 * which follows as thousandths of a millisecond. Answers how many were promoted and ms until the next due job.
 */
export const PROMOTE_THESE: string = assemble(
  ...CHANGE_JOBS,
  PROMOTE,
  `
local stamp, present, promoted = number(), now, 0
while read < #ARGV do
  local id, place = argument(), number()
  local job, dueMs = jobOf(id), tonumber(call('ZSCORE', DUE, id))
  if job and job.state == 's' and dueMs and dueMs <= present then
    now = stamp + place / 1000
    leave(job)
    enterTail(job)
    promoted = promoted + 1
  elseif dueMs and not (job and job.state == 's') then
    unrank(DUE, id)
  end
end
now = present
flush()
wake()
return { promoted, untilDue() or -1 }
`,
);
