import { assemble } from "./assemble.ts";
import { BASE } from "./base.ts";

/**
 * A job with a unique key is stored where its key lives. If its id belongs elsewhere, there is a pointer in its place: `>`, the
 * number of the partition, and a sequence number, which grows with each time that somebody sets out to store the job.
 */
const POINTERS = `
local function pointerIn(head)
  return string.match(head, '^>(%d+) (%d+)$')
end
`;

/** Answers the time, in ms. */
export const NOW: string = assemble(BASE, "return now");

/** Argument: ids in one text. Answers for each `` where there is none, `j` for a job, or the pointer. */
export const LOCATE: string = assemble(
  BASE,
  `
local ids = idsIn(argument())
local keys, reply = {}, {}
for i = 1, #ids do keys[i] = JOB .. ids[i] end
local heads = call('MGET', unpack(keys))
for i = 1, #ids do
  local head = heads[i]
  reply[i] = not head and '' or string.sub(head, 1, 1) == '>' and head or 'j'
end
return reply
`,
);

/**
 * Arguments: for each job its id and partition. Makes a pointer, or makes it newer. Answers for each its sequence number, or what
 * is there instead: `j`, or a pointer to another partition.
 */
export const POINT: string = assemble(
  BASE,
  POINTERS,
  `
-- Ahead of all before it even if the last ones were lost with a failover.
local last = math.max(tonumber(call('GET', SEQUENCE) or 0), now * 1000)
local reply = {}
while read < #ARGV do
  local id, partition = argument(), argument()
  local head = call('GET', JOB .. id)
  if head and pointerIn(head) ~= partition then
    reply[#reply + 1] = string.sub(head, 1, 1) == '>' and head or 'j'
  else
    last = last + 1
    local sequence = string.format('%.0f', last)
    call('SET', JOB .. id, '>' .. partition .. ' ' .. sequence)
    call('ZADD', AWAY, now + 60000, id)
    reply[#reply + 1] = sequence
  end
end
call('SET', SEQUENCE, string.format('%.0f', last))
return reply
`,
);

/** Arguments: for each job its id and the sequence number of its pointer. Removes those pointers that are still the same. */
export const UNPOINT: string = assemble(
  BASE,
  POINTERS,
  `
while read < #ARGV do
  local id, sequence = argument(), argument()
  local head = call('GET', JOB .. id)
  local _, present = pointerIn(head or '')
  if present == sequence then
    call('DEL', JOB .. id)
    call('ZREM', AWAY, id)
  end
end
return 1
`,
);

/**
 * Arguments: for each job its id and the sequence number of its pointer. Answers a letter for each: `j` it is here, `f` it is not,
 * and whoever set out to store it with this number or a lower one will be refused.
 */
export const FENCE: string = assemble(
  BASE,
  `
-- No command is on its way for longer: a connection that is silent is given up after a quarter of an hour.
local KEPT_MS = 20 * 60000
local reply = ''
while read < #ARGV do
  local id, sequence = argument(), argument()
  if call('EXISTS', JOB .. id) == 1 then
    reply = reply .. 'j'
  else
    local known = call('GET', FENCED .. id)
    local left = math.floor(KEPT_MS - math.max(0, now - sequence / 1000))
    if left > 0 and (not known or tonumber(known) < tonumber(sequence)) then
      call('SET', FENCED .. id, sequence, 'PX', left)
    end
    reply = reply .. 'f'
  end
end
return reply
`,
);

/** Argument: how many. Answers ids and pointers that it is time to look at. */
export const DUE_POINTERS: string = assemble(
  BASE,
  POINTERS,
  `
local ids = call('ZRANGEBYSCORE', AWAY, '-inf', now, 'LIMIT', 0, number())
local reply = {}
for i = 1, #ids do
  local head = call('GET', JOB .. ids[i])
  if head and pointerIn(head) then
    reply[#reply + 1] = ids[i]
    reply[#reply + 1] = head
  else
    call('ZREM', AWAY, ids[i])
  end
end
return reply
`,
);

/** Arguments: for each job its id and the sequence number of its pointer, whose job is there. It is looked at again when twice as old, or in an hour. */
export const RECHECK: string = assemble(
  BASE,
  `
while read < #ARGV do
  local id, sequence = argument(), argument()
  if call('ZSCORE', AWAY, id) then call('ZADD', AWAY, now + math.max(60000, math.min(now - sequence / 1000, 3600000)), id) end
end
return 1
`,
);
