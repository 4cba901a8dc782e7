/**
 * Stores new jobs. Arguments: number of groups; then for each group of jobs that are alike its fields, whether its bodies are even
 * (equally long ones have equally long payloads), all their ids in one text, their bodies, and, where unique, their keys. Answers a
 * text with a letter for each job: `c` created, `e` exists, `d` duplicate, `r` replaced; and for each of the last two the id of the
 * job that holds the key. Needs `BASE`, `JOB_TABLES` and `prepare`.
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

-- Jobs without a key that are never discarded: their heads are alike but for the two lengths, and in an even group one of them
-- tells the other.
local function headsOf(group)
  local state, waited = 'e', '0'
  if group.dueMs then state, waited = 's', '-' end
  local before = state .. group.band .. ' ' .. group.queue .. ' 0 '
  local after = ' 0 0 0 ' .. nowText .. ' ' .. waited .. ' ' .. group.maxCrashes .. ' ' .. group.maxAttempts .. ' ' .. group.kind
  local bySize = {}
  return function(body)
    local head = bySize[#body]
    if not head then
      head = before .. string.match(body, '^%d+') .. ' ' .. sizeOf(body) .. after
      if group.isEven then bySize[#body] = head end
    end
    return head
  end
end

-- Into their band, or among those that wait for their time.
local function enterPlain(group, ids)
  if group.dueMs then
    local due, dueText = inside(added, DUE), string.format('%.17g', group.dueMs)
    local d = #due
    for i = 1, #ids do
      due[d + 1], due[d + 2] = dueText, ids[i]
      d = d + 2
    end
    noteDue(group.dueMs)
    count(group.queue, 's', #ids)
    return
  end
  local list = inside(pushed, READY .. group.queue .. ':' .. group.band)
  local last = #list
  for i = 1, #ids do list[last + i] = ids[i] end
  count(group.queue, 'b' .. group.band, #ids)
  fed[group.queue] = (fed[group.queue] or 0) + #ids
end

local function storePlain(group, ids, jobKeys, bodies)
  -- Nearly always none is there, which is cheaper to learn than to be told of each.
  if isAnyThere(jobKeys) then loadKeys(ids, jobKeys, #ids) end
  local headOf, bodyKey, answers = headsOf(group), BODY, {}
  local fresh, entered = inside(added, IDS), {}
  local w, f, stored = #written, #fresh, 0
  for i = 1, #ids do
    local id = ids[i]
    if heads[id] then
      answers[i] = 'e'
    else
      local body = ARGV[bodies + i]
      local head = headOf(body)
      heads[id] = head
      written[w + 1], written[w + 2], written[w + 3], written[w + 4] = jobKeys[i], head, bodyKey .. id, body
      w = w + 4
      fresh[f + 1], fresh[f + 2] = '0', id
      f = f + 2
      stored = stored + 1
      entered[stored] = id
      answers[i] = 'c'
    end
  end
  if stored > 0 then enterPlain(group, entered) end
  return table.concat(answers)
end

local function storeOthers(group, ids, jobKeys, bodies, holders)
  loadKeys(ids, jobKeys, #ids)
  local isUnique, details, answers = group.scope ~= '', prepare(), {}
  for i = 1, #ids do
    local key = isUnique and ARGV[bodies + #ids + i]
    local answer, holder = 'e', nil
    if not heads[ids[i]] then answer, holder = details.storeOther(group, ids[i], ARGV[bodies + i], key) end
    if holder then holders[#holders + 1] = holder end
    answers[i] = answer
  end
  return table.concat(answers)
end

-- Adds one letter for each job to results, and to holders the ids that go with some of them.
local function enqueueGroup(results, holders)
  local group = {
    queue = argument(), band = argument(), kind = argument(), maxCrashes = argument(), maxAttempts = argument(),
    scope = argument(), windowMs = number(), replaces = argument() == '1', discardMs = number(), discardRetainMs = number(),
  }
  group.dueMs = dueAt(argument(), number())
  group.isEven = argument() == '1'
  if not registered[group.queue] then
    registered[group.queue] = true
    call('ZADD', QUEUES, '0', group.queue)
  end
  local ids = idsIn(argument())
  local jobKeys, bodies = keysOf(ids), read
  local answers
  if group.scope ~= '' or group.discardMs then
    answers = storeOthers(group, ids, jobKeys, bodies, holders)
  else
    answers = storePlain(group, ids, jobKeys, bodies)
  end
  read = bodies + #ids * (group.scope == '' and 1 or 2)
  results[#results + 1] = answers
end
`;

/** Stores a job that is unique or may be discarded. Needs `TRANSITIONS`. */
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
        return 'r', holderId
      end
      return 'd', holderId
    end
  end
  local job = {
    id = id, state = 's', band = group.band, attempt = 0, crashes = 0, releases = 0, generation = '0', flags = '',
    created = nowText, waited = '-', maxCrashes = group.maxCrashes, maxAttempts = group.maxAttempts, size = sizeOf(body),
    bytes = string.match(body, '^%d+'), kind = group.kind, queue = group.queue, tail = '',
  }
  heads[id] = job
  rank(IDS, id, '0')
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
  read = read + 7
  local ids = #argument() / 22
  read = read + ids * (scope == '' and 1 or 2)
end
`;

/** Stores every group of the call, and answers. Needs `FLUSH`, `WAKES`, `ENQUEUE`. */
export const STORE_ALL = `
local results, reply = {}, { '' }
for _ = 1, number() do enqueueGroup(results, reply) end
reply[1] = table.concat(results)
flush()
wake()
return reply
`;
