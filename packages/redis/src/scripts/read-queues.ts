import { assemble } from "./assemble.ts";
import { BASE } from "./base.ts";
import { JOB_DETAILS, JOB_TABLES } from "./jobs.ts";

/** Answers how many jobs there are in each state, over all queues: enqueued, scheduled, processing, succeeded, failed, deleted. */
export const COUNT_STATES: string = assemble(
  BASE,
  `
local enqueued, processing = 0, 0
local queues = call('ZRANGE', QUEUES, 0, -1)
for i = 1, #queues do
  local flat = call('HGETALL', QUEUE .. queues[i])
  for f = 1, #flat, 2 do
    local kind = string.sub(flat[f], 1, 1)
    if kind == 'b' then enqueued = enqueued + flat[f + 1] elseif kind == 'p' and flat[f] == 'p' then processing = processing + flat[f + 1] end
  end
end
return {
  enqueued, call('ZCARD', DUE), processing, call('ZCARD', FINISHED .. 'k'), call('ZCARD', FINISHED .. 'f'),
  call('ZCARD', FINISHED .. 'd'),
}
`,
);

/** Arguments: queues. Answers enqueued, scheduled and processing of each. */
export const COUNT_QUEUES: string = assemble(
  BASE,
  `
local reply = {}
for i = 1, #ARGV do
  local flat = call('HGETALL', QUEUE .. ARGV[i])
  local enqueued, scheduled, processing = 0, 0, 0
  for f = 1, #flat, 2 do
    if string.sub(flat[f], 1, 1) == 'b' then enqueued = enqueued + flat[f + 1] end
    if flat[f] == 's' then scheduled = tonumber(flat[f + 1]) end
    if flat[f] == 'p' then processing = tonumber(flat[f + 1]) end
  end
  reply[#reply + 1] = enqueued
  reply[#reply + 1] = scheduled
  reply[#reply + 1] = processing
end
return reply
`,
);

/** Arguments: the queue after which to begin, how many. Answers for each its name, fields and the time its head came into it. */
export const LIST_QUEUES: string = assemble(
  BASE,
  JOB_TABLES,
  JOB_DETAILS,
  `
local after, limit = argument(), number()
local queues = call('ZRANGEBYLEX', QUEUES, after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, limit)

local function headOfBand(queue, band)
  for first = 0, 900, 100 do
    local entries = call('LRANGE', READY .. queue .. ':' .. band, first, first + 99)
    if #entries == 0 then return nil end
    for i = 1, #entries do
      local job = jobOf(string.sub(entries[i], 1, 22))
      if isLive(job, entries[i], queue, band) then return job.created + job.waited end
    end
  end
end

local reply = { now }
for i = 1, #queues do
  local fields = call('HGETALL', QUEUE .. queues[i])
  local oldest = math.huge
  for f = 1, #fields, 2 do
    local band = string.match(fields[f], '^b(%d)$')
    if band and tonumber(fields[f + 1]) > 0 then
      oldest = math.min(oldest, headOfBand(queues[i], band) or math.huge)
    end
  end
  reply[#reply + 1] = queues[i]
  reply[#reply + 1] = fields
  reply[#reply + 1] = oldest < math.huge and oldest or -1
end
return reply
`,
);
