import { assemble, atOnce } from "./assemble.ts";
import { BASE } from "./base.ts";
import { FLUSH, JOB_DETAILS, JOB_NAMES, JOB_TABLES } from "./jobs.ts";
import { TRANSITIONS } from "./transitions.ts";

/** Arguments: for each item id, token, progress or nothing, number of lines, lines. Answers `o` stored, `s` stale, `g` gone. */
export const REPORT: string = assemble(
  BASE,
  JOB_TABLES,
  atOnce(JOB_NAMES, JOB_DETAILS, TRANSITIONS),
  FLUSH,
  `
-- Cut at twice the length, so that the cost of cutting is spread over a thousand lines.
local KEPT = 1000
local statuses = {}
while read < #ARGV do
  local id, token, progress, lines = argument(), argument(), argument(), number()
  local job = jobOf(id)
  if not job then
    statuses[#statuses + 1] = 'g'
  elseif job.state ~= 'p' or leaseOf(job) ~= token then
    statuses[#statuses + 1] = 's'
  else
    if progress ~= '' then extra(job, 'pr', progress) end
    if lines > 0 then
      flag(job, 'x')
      local length = call('RPUSH', LOG .. id, unpack(ARGV, read + 1, read + lines))
      if length >= 2 * KEPT then
        call('LTRIM', LOG .. id, -KEPT, -1)
        extra(job, 'ld', (call('HGET', EXTRA .. id, 'ld') or 0) + length - KEPT)
      end
    end
    change(job)
    statuses[#statuses + 1] = 'o'
  end
  read = read + lines
end
flush()
return table.concat(statuses)
`,
);

/** Arguments: id, number of the last line read, how many. Answers the number of the last line, whether there are more, lines. */
export const READ_LOG: string = assemble(
  BASE,
  `
local id, after, limit = argument(), number(), number()
local dropped = tonumber(call('HGET', EXTRA .. id, 'ld') or 0)
local from = math.max(after - dropped, 0)
local reply = call('LRANGE', LOG .. id, from, from + limit - 1)
local last = from + #reply
table.insert(reply, 1, last < call('LLEN', LOG .. id) and 1 or 0)
table.insert(reply, 1, dropped + last)
return reply
`,
);
