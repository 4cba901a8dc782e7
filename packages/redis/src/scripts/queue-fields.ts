/** Reads queues. Needs `BASE` and `JOB_TABLES`. */
export const QUEUE_FIELDS = `
local function fieldsOf(queue)
  local flat = call('HGETALL', QUEUE .. queue)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

local function pausedUntil(fields)
  local untilMs = fields.pu
  if not untilMs then return nil end
  if untilMs == '-' then return math.huge end
  untilMs = tonumber(untilMs)
  return untilMs > now and untilMs or nil
end
`;
