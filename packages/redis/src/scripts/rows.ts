/**
 * Rows for readers. A row is id, head, due time, time of end, time of expiry, body or its first line, extras and history; with
 * detail `ids` only id and head. Needs `BASE`.
 */
export const ROWS = `
-- A body's first line has tags only, so this is enough of it.
local FIRST_LINE = 16383

local function flatten(row, detail)
  if detail == 'ids' then return row end
  local id, head = row[1], row[2]
  local state = string.sub(head, 1, 1)
  local finished = state == 'k' or state == 'f' or state == 'd'
  row[3] = state == 's' and call('ZSCORE', DUE, id) or ''
  row[4] = finished and call('ZSCORE', FINISHED .. state, id) or ''
  row[5] = finished and call('ZSCORE', EXPIRY, id) or ''
  if detail == 'full' then
    row[6] = call('MGET', BODY .. id)[1] or ''
  else
    local line = redis.pcall('GETRANGE', BODY .. id, 0, FIRST_LINE)
    row[6] = type(line) == 'string' and string.match(line, '^[^\\n]*\\n?') or ''
  end
  local size = redis.pcall('STRLEN', BODY .. id)
  row[7] = type(size) == 'number' and size or -1
  row[8] = call('HGETALL', EXTRA .. id)
  row[9] = detail == 'full' and call('LRANGE', HISTORY .. id, 0, -1) or {}
  return row
end

local function rowsOf(ids, detail)
  local rows = {}
  if #ids == 0 then return rows end
  local keys = {}
  for i = 1, #ids do keys[i] = JOB .. ids[i] end
  local texts = call('MGET', unpack(keys))
  for i = 1, #ids do rows[i] = texts[i] and flatten({ ids[i], texts[i] }, detail) or false end
  return rows
end
`;
