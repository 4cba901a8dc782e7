import { assemble, inMain, onDemand } from "./assemble.ts";
import { BASE, HOWEVER_FULL } from "./base.ts";
import { CLAIM, CLAIM_DETAILS, CLAIM_NAMES } from "./claim.ts";
import { ENQUEUE, SKIP_GROUP, STORE_OTHER } from "./enqueue.ts";
import { FLUSH, JOB_DETAILS, JOB_NAMES, JOB_TABLES } from "./jobs.ts";
import { PROMOTE } from "./promote.ts";
import { QUEUE_FIELDS } from "./queue-fields.ts";
import { SETTLE_MANY, SETTLE_ONE } from "./settle.ts";
import { TRANSITIONS } from "./transitions.ts";
import { WAKES } from "./wakes.ts";

/**
 * Arguments: server; number of marks, each id and token; number of parts of the settlements, each either `many`, token, time
 * kept and ids in one text, or `one` with all of an outcome; then, if there is a claim, its parts, and perhaps the last band to
 * take from of each queue.
 */
export const EXCHANGE: string = assemble(
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  inMain(
    onDemand(
      [
        ...JOB_NAMES,
        ...CLAIM_NAMES,
        "settle",
        "storeOther",
        "enqueueGroup",
        "skipGroup",
        "leaseOf",
        "flag",
        "change",
      ],
      JOB_DETAILS,
      TRANSITIONS,
      SETTLE_ONE,
      CLAIM_DETAILS,
      ENQUEUE,
      STORE_OTHER,
      SKIP_GROUP,
    ),
    FLUSH,
    WAKES,
    SETTLE_MANY,
    PROMOTE,
    QUEUE_FIELDS,
    CLAIM,
    `
local server = argument()
local statuses = {}

local function markStarting()
  for _ = 1, number() do
    local details = prepare()
    local id, token = argument(), argument()
    local job = details.jobOf(id)
    if job and job.state == 'p' and details.leaseOf(job) == token then
      details.flag(job, 's')
      details.change(job)
    end
  end
end

local function settleOne()
  local details = prepare()
  local id, token = argument(), argument()
  local outcome = {
    kind = argument(), ms = number(), reason = argument(), error = argument(), fingerprint = argument(),
    refunds = argument() == '1', hasResult = argument() == '1', result = argument(),
  }
  if not outcome.hasResult then outcome.result = nil end
  local status = details.settle(id, token, outcome)
  statuses[#statuses + 1] = status
  local results, holders, isStored = {}, {}, status == 'o'
  for _ = 1, number() do
    if isStored then details.enqueueGroup(results, holders) else details.skipGroup() end
  end
end

local function readClaim()
  local claim = {
    server = server, token = argument(), limit = number(), promoteLimit = number(), maxBytes = number(),
    isRepeat = argument() == '1', queues = {}, limits = {}, fields = {}, ids = {}, given = {}, count = 0, bytes = 0, cleared = 0,
    cutShort = false,
  }
  for i = 1, number() do
    claim.queues[i] = argument()
    claim.limits[i] = number()
  end
  if read < #ARGV then
    claim.lastBands = {}
    for i = 1, #claim.queues do claim.lastBands[claim.queues[i]] = number() end
  end
  claim.tail = '|' .. claim.token .. '|' .. server .. '|' .. nowText
  return claim
end

-- The tokens of a server's latest claims: who asks again with one of them did not get the answer.
local MOST_TOKENS = 8
local function withToken(tokens, token)
  local kept, n = token, 1
  for old in string.gmatch(tokens or '', '%S+') do
    if n >= MOST_TOKENS then break end
    kept, n = kept .. ' ' .. old, n + 1
  end
  return kept
end

local function isAmong(tokens, token)
  return tokens and string.find(' ' .. tokens .. ' ', ' ' .. token .. ' ', 1, true) ~= nil
end

local function wasLeased(claim, tokens)
  if not claim.isRepeat and not isAmong(tokens, claim.token) then return false end
  return prepare().leasedBefore(claim)
end

local function claimFromAll(claim)
  promote(claim.promoteLimit)
  for i = 1, #claim.queues do
    local want = math.min(claim.limits[i], claim.limit - claim.count)
    if want <= 0 or claim.cutShort then return end
    claimFrom(claim, claim.queues[i], want)
  end
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

local registered = call('HMGET', SERVER .. server, 'b', 'lost', 'hq', 'tk')
local holds = registered[1] and not registered[2]
local reply = { table.concat(statuses), holds and 1 or 0, now, -1 }
if argument() == '1' and holds then
  local claim = readClaim()
  local learned = {}
  if not wasLeased(claim, registered[4]) then
    claimFromAll(claim)
    if claim.count > 0 then learned = { 'tk', withToken(registered[4], claim.token) } end
  end
  for i = 1, #claim.queues do
    local queue = claim.queues[i]
    if not claim.fields[queue] then claim.fields[queue] = fieldsOf(queue) end
  end
  reply[4] = untilMore(claim) or -1
  local hungers = noteHunger(claim, registered[3])
  if hungers then
    learned[#learned + 1] = 'hq'
    learned[#learned + 1] = hungers
  end
  if #learned > 0 then call('HSET', SERVER .. server, unpack(learned)) end
  flush()
  local given = claim.given
  reply[5] = table.concat(claim.ids)
  for i = 1, #given do reply[5 + i] = given[i] end
else
  reply[4] = untilDue() or -1
end
wake(server)
return reply
`,
  ),
);
