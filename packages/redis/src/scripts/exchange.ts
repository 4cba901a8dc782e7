import { BASE } from "./base.ts";
import { CLAIM, PROMOTE } from "./claim.ts";
import { ENQUEUE, SKIP_GROUP } from "./enqueue.ts";
import { JOBS } from "./jobs.ts";
import { SETTLE } from "./settle.ts";
import { TRANSITIONS, WAKES } from "./transitions.ts";

/**
 * Arguments: server; number of marks, each id and token; number of parts of the settlements, each either `many`, token, time
 * kept and ids in one text, or `one` with all of an outcome; then, if there is a claim, its parts.
 */
export const EXCHANGE: string = [
  BASE,
  JOBS,
  TRANSITIONS,
  WAKES,
  ENQUEUE,
  SKIP_GROUP,
  SETTLE,
  PROMOTE,
  CLAIM,
  `
local server = argument()
local statuses = {}

local function markStarting()
  for _ = 1, number() do
    local id, token = argument(), argument()
    local job = jobOf(id)
    if job and job.state == 'p' and leaseOf(job) == token then
      flag(job, 's')
      change(job)
    end
  end
end

local function settleOne()
  local id, token = argument(), argument()
  local outcome = {
    kind = argument(), ms = number(), reason = argument(), error = argument(), fingerprint = argument(),
    refunds = argument() == '1', hasResult = argument() == '1', result = argument(),
  }
  if not outcome.hasResult then outcome.result = nil end
  local status = settle(id, token, outcome)
  statuses[#statuses + 1] = status
  local results, isStored = {}, status == 'o'
  for _ = 1, number() do
    if isStored then enqueueGroup(results) else skipGroup() end
  end
end

local function readClaim()
  local claim = {
    server = server, token = argument(), limit = number(), promoteLimit = number(), maxBytes = number(),
    isRepeat = argument() == '1', queues = {}, limits = {}, fields = {}, given = {}, count = 0, bytes = 0, cleared = 0,
    cutShort = false,
  }
  for i = 1, number() do
    claim.queues[i] = argument()
    claim.limits[i] = number()
  end
  claim.tail = '|' .. claim.token .. '|' .. server .. '|' .. nowText
  return claim
end

-- The tokens of a server's latest claims: who asks again with one of them did not get the answer.
local MOST_TOKENS = 8
local function remember(tokens, token)
  local kept, n = token, 1
  for old in string.gmatch(tokens or '', '%S+') do
    if n >= MOST_TOKENS then break end
    kept, n = kept .. ' ' .. old, n + 1
  end
  call('HSET', SERVER .. server, 'tk', kept)
end

local function isAmong(tokens, token)
  return tokens and string.find(' ' .. tokens .. ' ', ' ' .. token .. ' ', 1, true) ~= nil
end

markStarting()
for _ = 1, number() do
  if argument() == 'many' then
    local token, retainMs = argument(), number()
    settleMany(server, token, argument(), retainMs, statuses)
  else
    settleOne()
  end
end
flush()

local known = call('HMGET', SERVER .. server, 'b', 'lost', 'hq', 'tk')
local holds = known[1] and not known[2]
local reply = { table.concat(statuses), holds and 1 or 0, now, -1 }
if argument() == '1' and holds then
  local claim = readClaim()
  local isDone = (claim.isRepeat or isAmong(known[4], claim.token)) and leasedBefore(claim)
  if not isDone then
    promote(claim.promoteLimit)
    for i = 1, #claim.queues do
      local want = math.min(claim.limits[i], claim.limit - claim.count)
      if want <= 0 or claim.cutShort then break end
      claimFrom(claim, claim.queues[i], want)
    end
    if claim.count > 0 then remember(known[4], claim.token) end
  end
  for i = 1, #claim.queues do
    if not claim.fields[claim.queues[i]] then claim.fields[claim.queues[i]] = fieldsOf(claim.queues[i]) end
  end
  reply[4] = untilMore(claim) or -1
  noteHunger(claim, known[3])
  flush()
  for i = 1, #claim.given do reply[4 + i] = claim.given[i] end
else
  reply[4] = untilDue() or -1
end
wake(server)
return reply
`,
].join("\n");
