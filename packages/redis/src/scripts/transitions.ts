/**
 * Moves jobs between planes: a band of a queue, the due jobs, the leases of a server, the finished. Whoever moves a job calls
 * `leave`, then one of the `enter` functions. Needs `BASE`, `JOB_TABLES` and `JOB_DETAILS`.
 */
export const TRANSITIONS = `
-- Frees the unique key of a job, if it still holds it.
local function freeKey(job)
  local key = call('HGET', EXTRA .. job.id, 'u')
  if not key then return end
  local holder = call('GET', UNIQUE .. key)
  if holder and string.sub(holder, 1, 22) == job.id then call('DEL', UNIQUE .. key) end
end

-- The job that holds the key now, or nil.
local function holderOf(key)
  local holder = call('GET', UNIQUE .. key)
  if not holder then return nil end
  local untilMs = tonumber(string.sub(holder, 24))
  if untilMs and untilMs <= now then
    call('DEL', UNIQUE .. key)
    rank(WINDOWS, key, false)
    return nil
  end
  return string.sub(holder, 1, 22)
end

local function takeKey(id, key, windowMs)
  if not windowMs then
    call('SET', UNIQUE .. key, id)
    rank(WINDOWS, key, false)
    return
  end
  call('SET', UNIQUE .. key, id .. ' ' .. (now + windowMs))
  rank(WINDOWS, key, now + windowMs)
end

-- Takes the job out of its plane. An entry in a band stays behind and means nothing from then on; isPopped: there is none.
local function leave(job, isPopped)
  local state = job.state
  if state == 'p' then
    local token, server = leaseOf(job)
    unrank(LEASES .. server, job.id)
    count(job.queue, 'p', -1)
    if job.flags ~= '' then
      if has(job, 'm') then unrank(MARKS .. server, job.id) end
      unflag(job, 's')
    end
  elseif state == 'e' then
    count(job.queue, 'b' .. job.band, -1)
    if not isPopped then job.generation = tostring(job.generation + 1) end
  elseif state == 's' then
    unrank(DUE, job.id)
    count(job.queue, 's', -1)
  elseif state == 'k' or state == 'f' or state == 'd' then
    unrank(FINISHED .. state, job.id)
    unrank(EXPIRY, job.id)
  end
  change(job)
end

-- Once a job is claimed, finished or put off, nothing but its end discards it.
local function forgetDiscard(job)
  if not has(job, 'd') then return end
  unrank(DISCARD, job.id)
  unflag(job, 'd')
end

local function feed(queue) fed[queue] = (fed[queue] or 0) + 1 end

-- To the tail of its band.
local function enterTail(job)
  job.state = 'e'
  job.waited = now - job.created
  local list = inside(pushed, READY .. job.queue .. ':' .. job.band)
  list[#list + 1] = entryOf(job)
  count(job.queue, 'b' .. job.band, 1)
  if has(job, 'D') and not has(job, 'd') then
    local token, server, started = leaseOf(job)
    local afterMs = started == '-' and call('HGET', EXTRA .. job.id, 'da')
    if afterMs then
      rank(DISCARD, job.id, now + afterMs)
      flag(job, 'd')
    end
  end
  feed(job.queue)
  change(job)
end

-- To where it was in its band before it was claimed: it comes before all that was behind it.
local function enterPlace(job)
  job.state = 'e'
  local jobs = inside(returned, READY .. job.queue .. ':' .. job.band)
  jobs[#jobs + 1] = job
  count(job.queue, 'b' .. job.band, 1)
  feed(job.queue)
  change(job)
end

-- To wait for a time.
local function enterScheduled(job, dueMs)
  forgetDiscard(job)
  noteDue(dueMs)
  job.state = 's'
  rank(DUE, job.id, dueMs)
  count(job.queue, 's', 1)
  change(job)
end

-- Removes a job, id and all.
local function drop(job)
  unrank(IDS, job.id)
  removed[#removed + 1] = JOB .. job.id
  removed[#removed + 1] = BODY .. job.id
  if has(job, 'x') then
    if has(job, 'S') or has(job, 'F') or has(job, 'R') then freeKey(job) end
    -- At once, as they are written: a follow-up of this call may take the id.
    call('UNLINK', EXTRA .. job.id, HISTORY .. job.id, LOG .. job.id)
  end
  heads[job.id] = false
end

local function extra(job, ...)
  flag(job, 'x')
  call('HSET', EXTRA .. job.id, ...)
end

-- To its end, kept for retainMs; 0: dropped at once.
local function enterFinal(job, state, reason, retainMs)
  if job.flags ~= '' then
    forgetDiscard(job)
    unflag(job, 's')
  end
  if retainMs <= 0 then
    drop(job)
    return
  end
  if has(job, 'S') or has(job, 'F') or (state == 'd' and has(job, 'R')) then freeKey(job) end
  job.state = state
  job.releases = 0
  if state ~= 'f' then job.crashes = 0 end
  if reason then extra(job, 'rs', reason) end
  rank(FINISHED .. state, job.id, nowText)
  rank(EXPIRY, job.id, now + retainMs)
  change(job)
end

-- A lease is over but for the token, by which a repeated settlement is recognised, and for when the job was started.
local function endLease(job)
  local token, server, started = leaseOf(job)
  setLease(job, token, '-', started)
end

-- Appends to the job's history. rest: further members of its JSON object.
local function note(job, to, byServer, rest)
  local token, server, started = leaseOf(job)
  local line = nowText .. ' ' .. job.state .. to .. ' ' .. job.attempt .. ' '
  if byServer then
    line = line .. started .. ' ' .. server
  else
    line = line .. '- -'
  end
  flag(job, 'x')
  if call('RPUSH', HISTORY .. job.id, line .. ' {' .. rest .. '}') > 20 then
    call('LTRIM', HISTORY .. job.id, -20, -1)
  end
  change(job)
end
`;
