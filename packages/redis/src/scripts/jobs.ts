import { ID_ORDER } from "./base.ts";

/**
 * The jobs of one call: read together, changed in memory, written together. A call touches hundreds of jobs, and a command of
 * Redis costs more than the work it does, so everything that can be is gathered here and done by one command for all.
 *
 * A job has a head, which scripts read and write, and a body, which they only pass on. The head is text: state, band and flags,
 * then queue, attempt, bytes of payload and of body, generation, crashes, releases, time of creation, when it came into the queue
 * since then, crashes and attempts allowed, type; once claimed also token, server and start, each after a `|`.
 *
 * States: s scheduled, e enqueued, a awaiting, t throttled, p processing, k succeeded, f failed, d deleted; ? cannot be read.
 *
 * Flags: x there are extras, history or log; D may be discarded, d a discard is pending; m to be deleted; s starting;
 * the scope of the unique key, S until started, F until finished, R retained, W window.
 *
 * An entry of a band is the id and, when the job left the band otherwise than by a claim, its generation: what an entry says
 * holds only while the head agrees, so that nothing ever has to be searched for in a list.
 */
export const JOB_TABLES = `
-- Heads by id: as text, taken apart, or false where there is no such job.
local heads = {}
-- Jobs to be written; keys and texts to be written; keys to be removed.
local changed, written, removed = {}, {}, {}
-- Jobs that were promoted: their heads are written unless this call claims them, too.
local arrived = {}
-- Sorted sets: member to score, or to false where it is to go.
local ranked = {}
-- The same where no member is named twice: scores and members to be added, members to be taken out.
local added, taken = {}, {}
-- Changes of the numbers of a queue; entries for the tails of bands; jobs for their old places.
local counted, pushed, returned = {}, {}, {}
-- The fields of queues as this call has read them.
local known = {}
-- Queues with jobs that may now be claimed, and how many; the earliest due time, when it was asked for, and whether it came nearer.
local fed = {}
local earliestDue, isDueSooner

local function inside(tables, key)
  local inner = tables[key]
  if not inner then
    inner = {}
    tables[key] = inner
  end
  return inner
end
local function rank(key, member, score) inside(ranked, key)[member] = score end
local function unrank(key, member) inside(ranked, key)[member] = false end
local function count(queue, field, by)
  local fields = inside(counted, queue)
  fields[field] = (fields[field] or 0) + by
end

-- A job is to wait for this time.
local function noteDue(dueMs)
  if earliestDue == nil then earliestDue = tonumber(call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2]) or math.huge end
  if dueMs >= earliestDue then return end
  earliestDue = dueMs
  isDueSooner = true
end

local sizes = {}
-- Most bodies are of a few sizes, and to write a number is dear.
local function sizeOf(body)
  local size = sizes[#body]
  if not size then
    size = tostring(#body)
    sizes[#body] = size
  end
  return size
end

-- Reads the heads of the first so many of these jobs, unless they are at hand.
local function loadKeys(ids, keys, most)
  for first = 1, most, MOST_VALUES do
    local texts = call('MGET', unpack(keys, first, math.min(first + MOST_VALUES - 1, most)))
    for i = 1, #texts do
      local id = ids[first + i - 1]
      if heads[id] == nil then heads[id] = texts[i] end
    end
  end
end

local function keysOf(ids)
  local keys, before = {}, JOB
  for i = 1, #ids do keys[i] = before .. ids[i] end
  return keys
end

local function isAnyThere(keys)
  for first = 1, #keys, MOST_VALUES do
    if call('EXISTS', unpack(keys, first, math.min(first + MOST_VALUES - 1, #keys))) > 0 then return true end
  end
  return false
end

local function load(ids)
  local keys = keysOf(ids)
  loadKeys(ids, keys, #ids)
  return keys
end
`;

/** Takes jobs apart and puts them together; a job that is plain needs neither. Needs `JOB_TABLES`. */
export const JOB_DETAILS: string = `
${ID_ORDER}
local HEAD =
  '^(%a)(%d)(%a*) (%S+) (%-?%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (%d+) (%d+) ([^ |]+)(.*)$'

local function readHead(id, text)
  local state, band, flags, queue, attempt, bytes, size, generation, crashes, releases, created, waited, maxCrashes,
    maxAttempts, kind, tail = string.match(text, HEAD)
  if not state then return { id = id, state = '?', flags = '', tail = '', queue = '' } end
  return {
    id = id, state = state, band = band, flags = flags, queue = queue, attempt = attempt, bytes = bytes, size = size,
    generation = generation, crashes = crashes, releases = releases, created = created, waited = waited,
    maxCrashes = maxCrashes, maxAttempts = maxAttempts, kind = kind, tail = tail,
  }
end

local function headOf(job)
  return job.state .. job.band .. job.flags .. ' ' .. job.queue .. ' ' .. job.attempt .. ' ' .. job.bytes .. ' ' .. job.size
    .. ' ' .. job.generation .. ' ' .. job.crashes .. ' ' .. job.releases .. ' ' .. job.created .. ' ' .. job.waited .. ' '
    .. job.maxCrashes .. ' ' .. job.maxAttempts .. ' ' .. job.kind .. job.tail
end

-- The job, or false.
local function jobOf(id)
  local head = heads[id]
  if head == nil then head = call('GET', JOB .. id) end
  if type(head) == 'string' then head = readHead(id, head) end
  heads[id] = head
  return head
end

local function change(job)
  if job.isChanged then return end
  job.isChanged = true
  changed[#changed + 1] = job
end

local function has(job, flag)
  return job.flags ~= '' and string.find(job.flags, flag, 1, true) ~= nil
end
local function flag(job, letter)
  if not has(job, letter) then job.flags = job.flags .. letter end
end
local function unflag(job, letter)
  if has(job, letter) then job.flags = string.gsub(job.flags, letter, '') end
end

-- Who holds or held the job: token, server, start; '-' where there is none.
local function leaseOf(job)
  if job.tail == '' then return '-', '-', '-' end
  return string.match(job.tail, '^|(.-)|(.-)|(.*)$')
end
local function setLease(job, token, server, started)
  job.tail = '|' .. token .. '|' .. server .. '|' .. started
end

local function entryOf(job)
  if job.generation == '0' then return job.id end
  return job.id .. job.generation
end
-- Whether an entry of this band still says that the job waits here.
local function isLive(job, entry, queue, band)
  return job and job.state == 'e' and job.queue == queue and job.band == band and entryOf(job) == entry
end

local function isBefore(one, other)
  local first, second = one.created + one.waited, other.created + other.waited
  if first == second then return isLower(one.id, other.id) end
  return first < second
end

-- Puts jobs back where they were. Those that came back before stand at the head, in their order; whoever was never claimed was
-- behind them all.
local function giveBack(list, jobs)
  table.sort(jobs, isBefore)
  local last = jobs[#jobs]
  local merged, passed, next, goesOn = {}, 0, 1, true
  while goesOn and passed < MOST_VALUES do
    local entries = call('LRANGE', list, passed, passed + 63)
    goesOn = #entries > 0
    for i = 1, #entries do
      local job = jobOf(string.sub(entries[i], 1, 22))
      if isLive(job, entries[i], last.queue, last.band) then
        if job.tail == '' or isBefore(last, job) then
          goesOn = false
          break
        end
        while isBefore(jobs[next], job) do
          merged[#merged + 1] = entryOf(jobs[next])
          next = next + 1
        end
        merged[#merged + 1] = entries[i]
      end
      passed = passed + 1
    end
  end
  while next <= #jobs do
    merged[#merged + 1] = entryOf(jobs[next])
    next = next + 1
  end
  if passed > 0 then call('LTRIM', list, passed, -1) end
  local reversed = {}
  for i = #merged, 1, -1 do reversed[#reversed + 1] = merged[i] end
  callMany('LPUSH', list, reversed)
  count(last.queue, 'o' .. last.band, passed - #merged)
end
`;

/** Writes all that was gathered. Needs `JOB_TABLES` and `prepare`. */
export const FLUSH = `
local function writeAll(command, values)
  for first = 1, #values, MOST_VALUES do
    call(command, unpack(values, first, math.min(first + MOST_VALUES - 1, #values)))
  end
end

local function flush()
  for list, jobs in pairs(returned) do prepare().giveBack(list, jobs) end
  for i = 1, #arrived do
    local head = heads[arrived[i]]
    if type(head) == 'table' then
      changed[#changed + 1] = head
    elseif head and string.sub(head, 1, 1) == 'e' then
      written[#written + 1] = JOB .. arrived[i]
      written[#written + 1] = head
    end
  end
  for i = 1, #changed do
    local job = changed[i]
    job.isChanged = false
    -- Unless it was dropped; another one may have its id by now.
    if heads[job.id] == job then
      written[#written + 1] = JOB .. job.id
      written[#written + 1] = prepare().headOf(job)
    end
  end
  if #removed > 0 then writeAll('UNLINK', removed) end
  if #written > 0 then writeAll('MSET', written) end
  for key, members in pairs(taken) do callMany('ZREM', key, members) end
  for key, members in pairs(ranked) do
    local scores, gone = {}, {}
    for member, score in pairs(members) do
      if score then
        scores[#scores + 1] = score
        scores[#scores + 1] = member
      else
        gone[#gone + 1] = member
      end
    end
    callMany('ZADD', key, scores)
    callMany('ZREM', key, gone)
  end
  -- After what goes: a follow-up may have the id of the job before it.
  for key, values in pairs(added) do callMany('ZADD', key, values) end
  for list, entries in pairs(pushed) do callMany('RPUSH', list, entries) end
  for queue, fields in pairs(counted) do
    if known[queue] then
      local values = {}
      for field, by in pairs(fields) do
        values[#values + 1] = field
        values[#values + 1] = (known[queue][field] or 0) + by
      end
      call('HSET', QUEUE .. queue, unpack(values))
    else
      for field, by in pairs(fields) do
        if by ~= 0 then call('HINCRBY', QUEUE .. queue, field, by) end
      end
    end
  end
  changed, written, removed, arrived = {}, {}, {}, {}
  ranked, counted, pushed, returned = {}, {}, {}, {}
  added, taken, known = {}, {}, {}
end
`;

/** The functions of `JOB_DETAILS` that other fragments use by way of `prepare`. */
export const JOB_NAMES: readonly string[] = ["jobOf", "headOf", "giveBack"];
