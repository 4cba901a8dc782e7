/** Promotes due jobs: up to `limit`, earliest first, to the tails of their bands; it is for the caller to flush. */
export const PROMOTE = `
local knownDue

-- When the earliest scheduled job of any queue is due, or false.
local function nextDue()
  if knownDue == nil then knownDue = tonumber(call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2]) or false end
  return knownDue
end

local function untilDue()
  local dueMs = nextDue()
  return dueMs and math.max(0, dueMs - now)
end

-- Most scheduled jobs are plain and wait for the first time: their heads are cut and joined, not taken apart.
local PLAIN = '^s(%d) (%S+) (0 %d+ %d+ 0 0 0 (%d+)) %- (%d+ %d+ [^ |]+)$'
local waits = {}
-- How long a job waited to be due; most were made in a few moments, and to write a number is dear.
local function waitedSince(created)
  local wait = waits[created]
  if not wait then
    wait = string.format('%.0f', now - created)
    waits[created] = wait
  end
  return wait
end

local function promotePlain(id)
  local head = heads[id]
  if type(head) ~= 'string' then return false end
  local band, queue, middle, created, rest = string.match(head, PLAIN)
  if not band then return false end
  head = 'e' .. band .. ' ' .. queue .. ' ' .. middle .. ' ' .. waitedSince(created) .. ' ' .. rest
  heads[id] = head
  arrived[#arrived + 1] = id
  local list = inside(pushed, READY .. queue .. ':' .. band)
  list[#list + 1] = id
  count(queue, 's', -1)
  count(queue, 'b' .. band, 1)
  fed[queue] = (fed[queue] or 0) + 1
  return true
end

local function promoteOther(id)
  local details = prepare()
  local job = details.jobOf(id)
  if not job or job.state ~= 's' then return false end
  details.leave(job)
  details.enterTail(job)
  return true
end

local function promote(limit)
  local dueMs = nextDue()
  if limit <= 0 or not dueMs or dueMs > now then return 0 end
  local ids = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, limit)
  load(ids)
  local promoted = 0
  for i = 1, #ids do
    if promotePlain(ids[i]) or promoteOther(ids[i]) then promoted = promoted + 1 end
  end
  -- Those that were read are the first, and none of them stays. One by one they would have to be searched for.
  if #ids > 0 then call('ZREMRANGEBYRANK', DUE, 0, #ids - 1) end
  knownDue = nil
  return promoted
end
`;

/** The functions of `TRANSITIONS` that promotion uses by way of `prepare`. */
export const PROMOTE_NAMES: readonly string[] = ["leave", "enterTail"];
