/**
 * What every script begins with: the storage's clock and the reader of the arguments.
 *
 * `KEYS[1]` is the key of the clock's offset, which nobody but a test ever sets. It tells the slot, and its name gives the root
 * of all others: a storage lives in one slot, and most of its keys are known only once an index was read.
 */
export const BASE = `
local root = string.sub(KEYS[1], 1, -7)
local call = redis.call

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000) + (call('GET', KEYS[1]) or 0)
-- Redis formats each number that it is given with great care, so what is given hundreds of times is given as text.
local nowText = string.format('%.0f', now)

local read = 0
local function argument()
  read = read + 1
  return ARGV[read]
end
local function number()
  read = read + 1
  return tonumber(ARGV[read])
end

-- Lua passes at most a few thousand values to one call.
local MOST_VALUES = 2000
local function callMany(command, key, values)
  for first = 1, #values, MOST_VALUES do
    call(command, key, unpack(values, first, math.min(first + MOST_VALUES - 1, #values)))
  end
end

-- Ids, which come as one text.
local function idsIn(text)
  local ids = {}
  for first = 1, #text, 22 do ids[#ids + 1] = string.sub(text, first, first + 21) end
  return ids
end
`;

/** Compares ids. Lua's `<` goes by the server's locale, sorted sets go by bytes. */
export const ID_ORDER = `
local function isLower(one, other)
  for i = 1, 22 do
    local first, second = string.byte(one, i), string.byte(other, i)
    if first ~= second then return first < second end
  end
  return false
end
`;

/**
 * Redis with full memory refuses the first write of a script if it may need memory, and none that follow. What lets work begin and
 * end is done nevertheless: else nothing would ever be finished, and no memory would come free.
 */
export const HOWEVER_FULL = `
call('DEL', NOTHING)
`;
