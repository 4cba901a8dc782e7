import { assemble } from "./assemble.ts";
import { BASE, ID_ORDER } from "./base.ts";
import { FLUSH } from "./jobs.ts";
import { ROWS } from "./rows.ts";

/**
 * Keeps the indexes of types and tags in step with what a call writes: every body that comes, changes or goes passes through
 * `flush`, so nothing else has to know of them. Needs `FLUSH`, which it takes the place of.
 */
const KEEP_INDEX = `
local flushJobs = flush
local KIND = '^%a%d%a*' .. string.rep(' %S+', 11) .. ' ([^ |]+)'
-- A body's first line is short: lengths and at most 16 tags.
local FIRST_LINE = 16383

local function tagsIn(body)
  local text = string.match(body, '^%d+ %d+ ([^\\n]*)\\n')
  if not text or text == '' then return {} end
  local isList, tags = pcall(cjson.decode, text)
  return isList and type(tags) == 'table' and tags or {}
end

local function storedTags(key)
  local line = redis.pcall('GETRANGE', key, 0, FIRST_LINE)
  return type(line) == 'string' and tagsIn(line) or {}
end

local function kindOf(head)
  if type(head) == 'table' then return head.kind end
  return head and string.match(head, KIND)
end

local function indexWritten(id, key, body)
  local gone = storedTags(key)
  for i = 1, #gone do rank(TAGGED .. gone[i], id, false) end
  local tags = tagsIn(body)
  for i = 1, #tags do rank(TAGGED .. tags[i], id, '0') end
  local kind = kindOf(heads[id])
  if kind then rank(TYPED .. kind, id, '0') end
end

local function unindex(id, key)
  local gone = storedTags(key)
  for i = 1, #gone do rank(TAGGED .. gone[i], id, false) end
  local kind = kindOf(call('GET', JOB .. id))
  if kind then rank(TYPED .. kind, id, false) end
end

local function eachBody(keys, step, act)
  for i = 1, #keys, step do
    local key = keys[i]
    if string.sub(key, 1, -23) == BODY then act(string.sub(key, -22), key, keys[i + 1]) end
  end
end

local function flush()
  eachBody(removed, 1, unindex)
  eachBody(written, 2, indexWritten)
  flushJobs()
end
`;

/** The script, keeping the indexes of types and tags as well; one that writes no jobs is as it was. */
export function withTagIndex(script: string): string {
  const flush = assemble(FLUSH);
  return script.replace(flush, () => flush + assemble(KEEP_INDEX));
}

/**
 * Jobs that are in one of several indexes, by id. Arguments: detail, how many, `oldest` or `newest`, the id behind which to begin
 * or nothing, names of keys. Answers as READ_RANKED does.
 */
export const READ_TAGGED: string = assemble(
  BASE,
  ID_ORDER,
  ROWS,
  `
local detail, limit, order, id = argument(), number(), argument(), argument()
local seen, ids = {}, {}

while read < #ARGV do
  local key, found = root .. argument(), nil
  if order == 'newest' then
    found = call('ZREVRANGEBYLEX', key, id == '' and '+' or '(' .. id, '-', 'LIMIT', 0, limit)
  else
    found = call('ZRANGEBYLEX', key, id == '' and '-' or '(' .. id, '+', 'LIMIT', 0, limit)
  end
  for i = 1, #found do
    if not seen[found[i]] then
      seen[found[i]] = true
      ids[#ids + 1] = found[i]
    end
  end
end
table.sort(ids, function(one, other)
  if order == 'newest' then return isLower(other, one) end
  return isLower(one, other)
end)
local page, places = {}, {}
for i = 1, math.min(limit, #ids) do
  page[i] = ids[i]
  places[i] = { '', ids[i] }
end
return { #page, #page < limit and {} or places[#places], places, rowsOf(page, detail) }
`,
);
