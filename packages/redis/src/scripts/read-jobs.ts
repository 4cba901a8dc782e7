import { assemble } from "./assemble.ts";
import { BASE } from "./base.ts";
import { ROWS } from "./rows.ts";

/** Arguments: detail, ids in one text. Answers a row or nothing for each. */
export const READ_JOBS: string = assemble(
  BASE,
  ROWS,
  `
local detail, text = argument(), argument()
local ids = idsIn(text)
return rowsOf(ids, detail)
`,
);

/** Argument: ids in one text. Answers state and result of each finished one. */
export const READ_OUTCOMES: string = assemble(
  BASE,
  `
local text = argument()
local ids, keys, reply = {}, {}, {}
for first = 1, #text, 22 do
  ids[#ids + 1] = string.sub(text, first, first + 21)
  keys[#keys + 1] = JOB .. ids[#ids]
end
local texts = call('MGET', unpack(keys))
for i = 1, #ids do
  local state, flags = string.match(texts[i] or '', '^(%a)%d(%a*) ')
  if state == 'k' or state == 'f' or state == 'd' then
    reply[i] = { state, string.find(flags, 'x', 1, true) and call('HGET', EXTRA .. ids[i], 're') }
  else
    reply[i] = false
  end
end
return reply
`,
);

/** Arguments: unique keys. Answers the id of each one's holder. */
export const READ_HOLDERS: string = assemble(
  BASE,
  `
local reply = {}
for i = 1, #ARGV do
  local holder = call('GET', UNIQUE .. ARGV[i])
  local untilMs = holder and tonumber(string.sub(holder, 24))
  reply[i] = holder and not (untilMs and untilMs <= now) and string.sub(holder, 1, 22) or false
end
return reply
`,
);
