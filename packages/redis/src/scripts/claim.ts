import { PROMOTE_NAMES } from "./promote.ts";

/** Leases jobs. Needs `QUEUE_FIELDS`, `PROMOTE`, `WAKES` and `prepare`. */
export const CLAIM = `
local MOST_CLEARED = 1000
-- What an entry stands for: its job's size and what to do with it, or nothing when it is not to be given. Most jobs are plain
-- and claimed for the first time: of those the head is not taken apart.
local function examine(claim, band, entry, id)
  local head = heads[id]
  if type(head) == 'string' and id == entry and string.sub(head, 1, #band.plain) == band.plain then
    local rest = string.sub(head, #band.plain + 1)
    local bytes, size = string.match(rest, '^(%d+) (%d+) 0 ')
    if bytes and not string.find(rest, '|', 1, true) then return bytes, size, rest end
  end
  local details = prepare()
  local job = details.jobOf(id)
  if not details.isLive(job, entry, band.queue, band.name) then
    claim.cleared = claim.cleared + 1
  elseif details.isTooLate(job) then
    claim.cleared = claim.cleared + 1
    details.discard(job, true)
  else
    return job.bytes, job.size, job
  end
end

-- Gives jobs to the claim, with their bodies; one whose body is not what was stored is failed instead.
local function give(claim, band, ids, keys, sizes, rests)
  if #ids == 0 then return end
  local bodyKeys = {}
  for i = 1, #ids do bodyKeys[i] = BODY .. ids[i] end
  local bodies = call('MGET', unpack(bodyKeys))
  local given, allIds, leases = claim.given, claim.ids, inside(added, LEASES .. claim.server)
  local w, l, n, plain = #written, #leases, claim.count, 0
  for i = 1, #ids do
    local id, body, rest, head = ids[i], bodies[i], rests[i], nil
    if not body or #body ~= tonumber(sizes[i]) then
      local details = prepare()
      details.failCorrupt(claim, band, details.jobOf(id))
    else
      if type(rest) == 'string' then
        head = band.claimed .. rest .. claim.tail
        heads[id] = head
        written[w + 1], written[w + 2] = keys[i], head
        w = w + 2
        plain = plain + 1
      else
        prepare().lease(claim, rest)
        head = prepare().headOf(rest)
      end
      leases[l + 1], leases[l + 2] = nowText, id
      l = l + 2
      allIds[n + 1], given[2 * n + 1], given[2 * n + 2] = id, head, body
      n = n + 1
    end
  end
  claim.count = n
  count(band.queue, 'b' .. band.name, -plain)
  count(band.queue, 'p', plain)
end

-- Takes from the head of a band, then of what this call promotes to its tail. Answers also how many were in the band.
local function take(list, most)
  local entries = call('LPOP', list, most) or {}
  local stored, fresh = #entries, pushed[list]
  if fresh and stored < most then
    local rest = {}
    for i = 1, #fresh do
      if stored + i <= most then entries[stored + i] = fresh[i] else rest[#rest + 1] = fresh[i] end
    end
    pushed[list] = rest
  end
  return entries, stored
end

-- Puts back what was taken after the first so many.
local function putBack(list, entries, stored, used)
  local back, fresh, behind = {}, {}, pushed[list] or {}
  for i = stored, used + 1, -1 do back[#back + 1] = entries[i] end
  callMany('LPUSH', list, back)
  for i = math.max(stored, used) + 1, #entries do fresh[#fresh + 1] = entries[i] end
  for i = 1, #behind do fresh[#fresh + 1] = behind[i] end
  pushed[list] = fresh
end

local function claimBand(claim, queue, name, want)
  local list = READY .. queue .. ':' .. name
  local band = {
    queue = queue, name = name, plain = 'e' .. name .. ' ' .. queue .. ' 0 ', claimed = 'p' .. name .. ' ' .. queue .. ' 1 ',
  }
  while want > 0 and not claim.cutShort do
    local asked = want
    local entries, stored = take(list, asked)
    if #entries == 0 then return end
    local members = {}
    for i = 1, #entries do
      local entry = entries[i]
      members[i] = #entry == 22 and entry or string.sub(entry, 1, 22)
    end
    local keys = keysOf(members)
    loadKeys(members, keys, stored)
    local ids, idKeys, sizes, rests, n = {}, {}, {}, {}, 0
    local used = #entries
    for i = 1, #entries do
      local bytes, size, rest = examine(claim, band, entries[i], members[i])
      if bytes then
        local total = claim.bytes + bytes
        if total > claim.maxBytes and claim.count + n > 0 then
          claim.cutShort = true
          used = i - 1
          break
        end
        claim.bytes = total
        n = n + 1
        ids[n], idKeys[n], sizes[n], rests[n] = members[i], keys[i], size, rest
      end
    end
    if used < #entries then putBack(list, entries, stored, used) end
    count(queue, 'o' .. name, math.min(used, stored))
    local before = claim.count
    give(claim, band, ids, idKeys, sizes, rests)
    want = want - (claim.count - before)
    if #entries < asked then return end
    if claim.cleared >= MOST_CLEARED then claim.cutShort = true end
  end
end

-- What a queue's field comes to with what this call changes.
local function jobsIn(fields, changes, field)
  return (tonumber(fields[field]) or 0) + (changes and changes[field] or 0)
end

local function claimFrom(claim, queue, limit)
  local fields = fieldsOf(queue)
  claim.fields[queue], known[queue] = fields, fields
  if pausedUntil(fields) then return end
  local full = claim.count + limit
  for band = 0, claim.lastBands and claim.lastBands[queue] or 9 do
    if claim.cutShort or claim.count >= full then return end
    if jobsIn(fields, counted[queue], 'b' .. band) > 0 then
      claimBand(claim, queue, tostring(band), full - claim.count)
    end
  end
end

local function waiting(claim, queue)
  local fields, changes, jobs = claim.fields[queue], counted[queue], 0
  for band = 0, 9 do jobs = jobs + jobsIn(fields, changes, 'b' .. band) end
  return jobs
end

-- Until a claim of the same queues may give more without an enqueue, or nil.
local function untilMore(claim)
  if claim.cutShort then return 0 end
  local least = untilDue()
  for i = 1, #claim.queues do
    local fields = claim.fields[claim.queues[i]]
    if fields then
      local paused = pausedUntil(fields)
      if not paused then
        if waiting(claim, claim.queues[i]) > 0 then return 0 end
      elseif paused < math.huge and (not least or paused - now < least) then
        least = paused - now
      end
    end
  end
  return least
end

-- A short claim leaves the server hungry for the queues that had too little; a full one passes the wake on when it left some.
-- hungers: the queues that it hungered for before. Answers those that it begins to hunger for, if they are others.
local function noteHunger(claim, hungers)
  for i = 1, #claim.queues do
    -- What this call promoted, it may have claimed.
    if waiting(claim, claim.queues[i]) <= 0 then fed[claim.queues[i]] = nil end
  end
  if claim.count < claim.limit and not claim.cutShort then
    local short = {}
    for i = 1, #claim.queues do
      local queue = claim.queues[i]
      if pausedUntil(claim.fields[queue]) or waiting(claim, queue) <= 0 then short[#short + 1] = queue end
    end
    local queues = table.concat(short, ' ')
    if hungers and hungers ~= queues then sate(claim.server, hungers) end
    if #short == 0 then return nil end
    for i = 1, #short do call('ZADD', HUNGER .. short[i], nowText, claim.server) end
    call('ZADD', HUNGRY, nowText, claim.server)
    return hungers ~= queues and queues or nil
  end
  if hungers then sate(claim.server, hungers) end
  for i = 1, #claim.queues do
    local queue = claim.queues[i]
    local fields = claim.fields[queue]
    if fields and not pausedUntil(fields) and waiting(claim, queue) > 0 then fed[queue] = (fed[queue] or 0) + 1 end
  end
end
`;

/** What few jobs of a claim need. Needs `TRANSITIONS`. */
export const CLAIM_DETAILS = `
local CORRUPT_RETAIN_MS = 14 * 24 * 3600 * 1000

local function discard(job, isPopped)
  local kept = call('HGET', EXTRA .. job.id, 'dr')
  leave(job, isPopped)
  enterFinal(job, 'd', 'expired', tonumber(kept) or 0)
end

local function isTooLate(job)
  if not has(job, 'd') then return false end
  local atMs = call('ZSCORE', DISCARD, job.id)
  return atMs and tonumber(atMs) <= now
end

local function lease(claim, job)
  leave(job, true)
  if job.flags ~= '' then
    forgetDiscard(job)
    if has(job, 'S') then freeKey(job) end
  end
  job.state = 'p'
  job.attempt = job.attempt + 1
  job.tail = claim.tail
  count(job.queue, 'p', 1)
end

local function failCorrupt(claim, band, job)
  claim.cleared = claim.cleared + 1
  -- A head that cannot be read cannot be written either: the job is left as it is, out of the band.
  if job.state == '?' then
    count(band.queue, 'b' .. band.name, -1)
    return
  end
  leave(job, true)
  enterFinal(job, 'f', 'corrupt', CORRUPT_RETAIN_MS)
end

-- The jobs that this token already leased: the answer to a repeat.
local function leasedBefore(claim)
  local ids = call('ZRANGE', LEASES .. claim.server, 0, -1)
  load(ids)
  local jobs = {}
  for i = 1, #ids do
    local job = jobOf(ids[i])
    if job and job.state == 'p' and leaseOf(job) == claim.token then jobs[#jobs + 1] = job end
  end
  if #jobs == 0 then return false end
  local keys = {}
  for i = 1, #jobs do keys[i] = BODY .. jobs[i].id end
  local bodies = call('MGET', unpack(keys))
  for i = 1, #jobs do
    if bodies[i] then
      local given, n = claim.given, claim.count
      claim.ids[n + 1], given[2 * n + 1], given[2 * n + 2] = jobs[i].id, headOf(jobs[i]), bodies[i]
      claim.count = n + 1
    end
  end
  return true
end
`;

/** The functions of `TRANSITIONS` and `CLAIM_DETAILS` that claims use by way of `prepare`. */
export const CLAIM_NAMES: readonly string[] = [
  ...PROMOTE_NAMES,
  "isLive",
  "isTooLate",
  "discard",
  "failCorrupt",
  "lease",
  "leasedBefore",
];
