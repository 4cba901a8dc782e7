/**
 * Stores new jobs. Arguments: number of groups; then for each group of jobs that are alike its fields, all their ids in one
 * text, their bodies, and, where unique, their keys. Answers one text per job: `c` created, `e` exists, `d<id>` duplicate,
 * `r<id>` replaced. Needs `BASE`, `JOB_TABLES` and `prepare`.
 *
 * A body begins with the bytes of its payload, which the head repeats.
 */
export const ENQUEUE = `
local registered = {}

local function dueAt(kind, ms)
  if kind == 'now' then return nil end
  local dueMs = kind == 'in' and now + ms or ms
  return dueMs > now and dueMs or nil
end

-- A job that waits for nothing and has no key: its head is that of all its group but for the two lengths.
local function storePlain(group, id, jobKey, body)
  local head = group.before .. string.match(body, '^%d+') .. ' ' .. sizeOf(body) .. group.after
  heads[id] = head
  local n = #written
  written[n + 1] = jobKey
  written[n + 2] = head
  written[n + 3] = BODY .. id
  written[n + 4] = body
  local stored = group.stored + 1
  group.stored = stored
  group.list[#group.list + 1] = id
end

local function enqueueGroup(results)
  local group = {
    queue = argument(), band = argument(), kind = argument(), maxCrashes = argument(), maxAttempts = argument(), scope = argument(), windowMs = number(),
    replaces = argument() == '1', discardMs = number(), discardRetainMs = number(),
  }
  group.dueMs = dueAt(argument(), number())
  if not registered[group.queue] then
    registered[group.queue] = true
    call('ZADD', QUEUES, '0', group.queue)
  end
  group.isPlain = group.scope == '' and not group.discardMs and not group.dueMs
  if group.isPlain then
    group.before = 'e' .. group.band .. ' ' .. group.queue .. ' 0 '
    group.after = ' 0 0 0 ' .. nowText .. ' 0 ' .. group.maxCrashes .. ' ' .. group.maxAttempts .. ' ' .. group.kind
    group.list = inside(pushed, READY .. group.queue .. ':' .. group.band)
    group.stored = 0
  end
  local ids = idsIn(argument())
  local jobKeys = load(ids)
  local bodies, isUnique = read, group.scope ~= ''
  read = read + #ids * (isUnique and 2 or 1)
  local fresh = inside(added, IDS)
  for i = 1, #ids do
    local id, result = ids[i], 'c'
    if heads[id] then
      result = 'e'
    elseif group.isPlain then
      storePlain(group, id, jobKeys[i], ARGV[bodies + i])
    else
      result = prepare().storeOther(group, id, ARGV[bodies + i], isUnique and ARGV[bodies + #ids + i])
    end
    if result == 'c' then
      fresh[#fresh + 1] = '0'
      fresh[#fresh + 1] = id
    end
    results[#results + 1] = result
  end
  if group.isPlain and group.stored > 0 then
    count(group.queue, 'b' .. group.band, group.stored)
    fed[group.queue] = (fed[group.queue] or 0) + group.stored
  end
end
`;

/** Stores a job that waits, is unique or may be discarded. Needs `TRANSITIONS`. */
export const STORE_OTHER = `
local function begin(job, dueMs)
  if dueMs then enterScheduled(job, dueMs) else enterTail(job) end
end

-- A holder that waits takes the content and the time of the newcomer.
local function replace(holder, group, body, dueMs)
  leave(holder, false)
  holder.band = group.band
  holder.size = #body
  holder.bytes = string.match(body, '^%d+')
  written[#written + 1] = BODY .. holder.id
  written[#written + 1] = body
  begin(holder, dueMs)
end

local function storeOther(group, id, body, key)
  if key then
    local holderId = holderOf(key)
    if holderId then
      local holder = jobOf(holderId)
      if group.replaces and holder and (holder.state == 's' or holder.state == 'e' or holder.state == 't') then
        replace(holder, group, body, group.dueMs)
        return 'r' .. holderId
      end
      return 'd' .. holderId
    end
  end
  local job = {
    id = id, state = 's', band = group.band, attempt = 0, crashes = 0, releases = 0, generation = '0', flags = '',
    created = nowText, waited = '-', maxCrashes = group.maxCrashes, maxAttempts = group.maxAttempts, size = sizeOf(body),
    bytes = string.match(body, '^%d+'), kind = group.kind, queue = group.queue, tail = '',
  }
  heads[id] = job
  written[#written + 1] = BODY .. id
  written[#written + 1] = body
  if key then
    flag(job, group.scope)
    extra(job, 'u', key)
    takeKey(id, key, group.windowMs)
    if group.windowMs then call('HSET', EXTRA .. id, 'uw', group.windowMs) end
  end
  if group.discardMs then
    flag(job, 'D')
    extra(job, 'da', group.discardMs, 'dr', group.discardRetainMs)
  end
  begin(job, group.dueMs)
  return 'c'
end
`;

/** Passes a group by. */
export const SKIP_GROUP = `
local function skipGroup()
  read = read + 5
  local scope = argument()
  read = read + 6
  local ids = #argument() / 22
  read = read + ids * (scope == '' and 1 or 2)
end
`;
