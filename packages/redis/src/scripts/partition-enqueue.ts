import { assemble, inMain, onDemand } from "./assemble.ts";
import { BASE } from "./base.ts";
import { ENQUEUE, STORE_ALL, STORE_OTHER } from "./enqueue.ts";
import { FLUSH, JOB_DETAILS, JOB_NAMES, JOB_TABLES } from "./jobs.ts";
import { TRANSITIONS } from "./transitions.ts";
import { WAKES } from "./wakes.ts";

/**
 * Takes the place of `storeOther` of `STORE_OTHER`: a job whose id belongs to another partition is stored only once there is a
 * pointer to it, and only if it was not given up meanwhile. Jobs with its key that come after it wait with it, to keep their order.
 */
const STORE_GUARDED = `
local storeFreely = storeOther
local putOff = {}
local function storeOther(group, id, body, key)
  local sequence = sequences[id]
  if key and putOff[key] then return 'p' end
  if not sequence or holderOf(key) then return storeFreely(group, id, body, key) end
  if sequence == '-' then
    putOff[key] = true
    return 'p'
  end
  local fence = call('GET', FENCED .. id)
  if fence and tonumber(fence) >= tonumber(sequence) then
    putOff[key] = true
    return 'x'
  end
  return storeFreely(group, id, body, key)
end
`;

/**
 * Arguments: the time of the call in ms, or nothing for now; how many of the jobs have an id of another partition, and for each
 * its id and the sequence number of its pointer, or `-`; then as `ENQUEUE`. Answers as that does, and also `p` for what needs a
 * pointer first, or comes after such a job, and `x` for what needs a new one.
 */
export const ENQUEUE_IN_PARTITION: string = assemble(
  BASE,
  JOB_TABLES,
  `
local sequences = {}
local stamp = argument()
if stamp ~= '' then
  now = tonumber(stamp)
  nowText = stamp
end
for _ = 1, number() do
  local id = argument()
  sequences[id] = argument()
end
`,
  inMain(
    onDemand([...JOB_NAMES, "storeOther"], JOB_DETAILS, TRANSITIONS, STORE_OTHER, STORE_GUARDED),
    FLUSH,
    WAKES,
    ENQUEUE,
    STORE_ALL,
  ),
);
