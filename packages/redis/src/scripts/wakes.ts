/** Wakes sleeping servers: see `wake-up.ts`. Needs `BASE` and `JOB_TABLES`. */
export const WAKES = `
local MOST_WOKEN, MOST_TRIED = 3, 6

-- The server is not hungry any more: it was woken, claimed its fill, or is gone.
local function sate(server, queues)
  queues = queues or call('HGET', SERVER .. server, 'hq')
  if not queues then return end
  for queue in string.gmatch(queues, '%S+') do call('ZREM', HUNGER .. queue, server) end
  call('ZREM', HUNGRY, server)
  call('HDEL', SERVER .. server, 'hq')
end

local function isPaused(queue)
  local untilMs = call('HGET', QUEUE .. queue, 'pu')
  return untilMs and (untilMs == '-' or tonumber(untilMs) > now)
end

-- Who is woken may go on to stand among the hungry of other queues: its claim, which follows, puts that right.
local function wakeFor(queue, most)
  local woken = 0
  for tried = 1, MOST_TRIED do
    -- Who asked last is the likeliest to be alive.
    local popped = call('ZPOPMAX', HUNGER .. queue)
    local server = popped[1]
    if not server then return end
    if tried == 1 and isPaused(queue) then
      call('ZADD', HUNGER .. queue, popped[2], server)
      return
    end
    if call('PUBLISH', CHANNEL .. server, 'jobs') > 0 then woken = woken + 1 end
    if woken >= most then return end
  end
end

-- Tells what this call brought, when all of it is written. caller: its own reply tells it of the next due job.
local function wake(caller)
  for queue, jobs in pairs(fed) do
    wakeFor(queue, math.min(jobs, MOST_WOKEN))
  end
  fed = {}
  if not isDueSooner then return end
  isDueSooner = false
  if caller and call('ZSCORE', HUNGRY, caller) then return end
  local servers = call('ZREVRANGE', HUNGRY, 0, MOST_WOKEN - 1)
  for i = 1, #servers do
    if call('PUBLISH', CHANNEL .. servers[i], 'due') > 0 then return end
  end
end
`;
