import { assemble } from "./assemble.ts";
import { BASE } from "./base.ts";

/** Arguments: server, then for each point minute in ms, queue, type, values as JSON. */
export const PUT_METRICS: string = assemble(
  BASE,
  `
local server = argument()
while read < #ARGV do
  local minute, queue, kind, values = argument(), argument(), argument(), argument()
  call('HSET', MINUTE .. minute, server .. ' ' .. queue .. ' ' .. kind, values)
  call('ZADD', MINUTES, minute, minute)
end
return 1
`,
);

/** Arguments: from and to in ms, how many minutes. Answers for each minute itself and its fields. */
export const READ_METRICS: string = assemble(
  BASE,
  `
local from, untilMs, limit = argument(), argument(), number()
local minutes = call('ZRANGEBYSCORE', MINUTES, from, '(' .. untilMs, 'LIMIT', 0, limit)
local reply = {}
for i = 1, #minutes do
  reply[#reply + 1] = minutes[i]
  reply[#reply + 1] = call('HGETALL', MINUTE .. minutes[i])
end
return reply
`,
);
