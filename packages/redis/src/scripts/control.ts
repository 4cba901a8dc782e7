import { assemble } from "./assemble.ts";
import { BASE } from "./base.ts";
import { CHANGE_JOBS } from "./change-jobs.ts";
import { JOB_TABLES } from "./jobs.ts";
import { WAKES } from "./wakes.ts";

/**
 * What operators do to jobs. Arguments: the act, its parameters, actor and reason as members of a JSON object, the states to act
 * on (`*`: all), ids. Answers `o` done, `q` requested, `n` not found, `c<state>` conflict, `u<id>` duplicate.
 */
export const CONTROL: string = assemble(
  ...CHANGE_JOBS,
  `
local act = argument()
local first, second, third = argument(), argument(), argument()
local who, from = argument(), argument()

local function isFinal(state) return state == 'k' or state == 'f' or state == 'd' end

local function startOf(kind, ms)
  if kind == 'now' then return nil end
  ms = tonumber(ms)
  local dueMs = kind == 'in' and now + ms or ms
  return dueMs > now and dueMs or nil
end

local function markDeletion(job, retainMs)
  local token, server = leaseOf(job)
  if not has(job, 'm') then
    note(job, 'p', false, who)
    extra(job, 'dat', now, 'dk', retainMs)
    flag(job, 'm')
    rank(MARKS .. server, job.id, 0)
  end
  call('PUBLISH', CHANNEL .. server, 'control')
  return 'q'
end

local function moveTo(job, queue, band)
  if job.state == 'e' then
    leave(job)
    job.queue, job.band = queue, band
    enterTail(job)
  else
    count(job.queue, job.state, -1)
    count(queue, job.state, 1)
    job.queue, job.band = queue, band
    change(job)
  end
  call('ZADD', QUEUES, 0, queue)
end

-- What the former life of a requeued job left behind, its history and its key aside.
local function beginAnew(job)
  job.crashes, job.releases = 0, 0
  unflag(job, 'm')
  if job.tail ~= '' then endLease(job) end
  if has(job, 'x') then call('HDEL', EXTRA .. job.id, 'dat', 'dk', 'rs', 're', 'pr') end
end

-- The unique key of a final job is its own again, or the other's who holds it is told.
local function retakeKey(job)
  local fields = call('HMGET', EXTRA .. job.id, 'u', 'uw')
  if not fields[1] then return nil end
  local holder = holderOf(fields[1])
  if holder and holder ~= job.id then return holder end
  takeKey(job.id, fields[1], tonumber(fields[2]))
end

local acts = {
  delete = {
    states = 'seatpkfd',
    isSo = function(job) return job.state == 'd' end,
    run = function(job)
      if job.state == 'p' then return markDeletion(job, first) end
      note(job, 'd', false, who)
      leave(job)
      enterFinal(job, 'd', 'requested', tonumber(first))
      return 'o'
    end,
  },
  requeue = {
    states = 'seatkfd',
    -- Twice may run it twice, so here the guard comes first.
    isSo = function(job) return job.state == 'e' and (from == '*' or string.find(from, 'e', 1, true)) end,
    run = function(job)
      if isFinal(job.state) then
        local other = retakeKey(job)
        if other then return 'u' .. other end
      end
      note(job, 'e', false, who)
      leave(job)
      beginAnew(job)
      if first == '1' then job.attempt = 0 end
      enterTail(job)
      call('ZADD', QUEUES, 0, job.queue)
      return 'o'
    end,
  },
  reschedule = {
    states = 'se',
    run = function(job)
      local dueMs = startOf(first, second)
      if not dueMs and job.state == 'e' then return 'o' end
      note(job, dueMs and 's' or 'e', false, who)
      leave(job)
      if dueMs then enterScheduled(job, dueMs) else enterTail(job) end
      return 'o'
    end,
  },
  move = {
    states = 'seat',
    run = function(job)
      local queue = first == '' and job.queue or first
      local band = second == '' and job.band or second
      note(job, job.state, false, who)
      -- Who is there already keeps its place.
      if queue ~= job.queue or band ~= job.band then moveTo(job, queue, band) end
      return 'o'
    end,
  },
  replaceContent = {
    states = 'seat',
    run = function(job)
      note(job, job.state, false, who)
      job.maxAttempts = first
      job.size = #second
      job.bytes = string.match(second, '^%d+')
      written[#written + 1] = BODY .. job.id
      written[#written + 1] = second
      change(job)
      return 'o'
    end,
  },
}

local function actOn(id)
  local job = jobOf(id)
  if not job then return 'n' end
  local this = acts[act]
  if not string.find(this.states, job.state, 1, true) then return 'c' .. job.state end
  if this.isSo and this.isSo(job) then return 'o' end
  if from ~= '*' and not string.find(from, job.state, 1, true) then return 'c' .. job.state end
  return this.run(job)
end

local text = argument()
local ids = idsIn(text)
load(ids)
local results = {}
for i = 1, #ids do results[i] = actOn(ids[i]) end
flush()
wake()
return results
`,
);

/** Arguments: queue, until when in ms from now or `-`, the pause as JSON. */
export const PAUSE: string = assemble(
  BASE,
  `
local queue, forMs, pause = argument(), argument(), argument()
call('HSET', QUEUE .. queue, 'pu', forMs == '-' and '-' or now + forMs, 'ps', now, 'pa', pause)
call('ZADD', QUEUES, 0, queue)
return 1
`,
);

/** Argument: queue. */
export const RESUME: string = assemble(
  BASE,
  JOB_TABLES,
  WAKES,
  `
local queue = argument()
if call('HDEL', QUEUE .. queue, 'pu', 'ps', 'pa') == 0 then return 0 end
local fields = call('HGETALL', QUEUE .. queue)
local jobs = 0
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 1) == 'b' then jobs = jobs + fields[i + 1] end
end
if jobs > 0 then fed[queue] = jobs end
wake()
return 1
`,
);
