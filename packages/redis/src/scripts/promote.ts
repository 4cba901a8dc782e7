/** Promotes due jobs: up to `limit`, earliest first, to the tails of their bands. Needs `FLUSH`. */
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

local function promote(limit)
  local dueMs = nextDue()
  if limit <= 0 or not dueMs or dueMs > now then return 0 end
  local details = prepare()
  local ids = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, limit)
  load(ids)
  local promoted = 0
  for i = 1, #ids do
    local job = details.jobOf(ids[i])
    if job and job.state == 's' then
      details.leave(job)
      details.enterTail(job)
      promoted = promoted + 1
    else
      unrank(DUE, ids[i])
    end
  end
  flush()
  knownDue = nil
  return promoted
end
`;

/** The functions of `TRANSITIONS` that promotion uses by way of `prepare`. */
export const PROMOTE_NAMES: readonly string[] = ["leave", "enterTail"];
