import { assemble } from "./assemble.ts";
import { BASE, HOWEVER_FULL } from "./base.ts";
import { JOB_TABLES } from "./jobs.ts";
import { LOSE } from "./servers.ts";
import { WAKES } from "./wakes.ts";

/**
 * Loses a server and keeps it. Arguments: server, its beat or nothing for any. Answers -1 when the beat moved, 0 when the server
 * is unknown, else 1.
 */
export const LOSE_SERVER: string = assemble(
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  WAKES,
  LOSE,
  `
local server, beat = argument(), argument()
local known = call('HMGET', SERVER .. server, 'b', 'lost')
if not known[1] then return 0 end
if not known[2] and beat ~= '' and known[1] ~= beat then return -1 end
lose(server)
return 1
`,
);

/** Arguments: for each server its id and lease. Watches those that are unknown from now on, as servers that never beat. */
export const ADOPT_SERVERS: string = assemble(
  BASE,
  `
local adopted = 0
while read < #ARGV do
  local server, leaseMs = argument(), argument()
  if call('EXISTS', SERVER .. server) == 0 then
    call('HSET', SERVER .. server, 'b', 0, 'ls', leaseMs, 'info', '{}', 'at', now)
    call('ZADD', SERVERS, 0, server)
    adopted = adopted + 1
  end
end
return adopted
`,
);
