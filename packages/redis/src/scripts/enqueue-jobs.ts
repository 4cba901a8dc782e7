import { BASE } from "./base.ts";
import { ENQUEUE } from "./enqueue.ts";
import { JOBS } from "./jobs.ts";
import { TRANSITIONS, WAKES } from "./transitions.ts";

/** See `ENQUEUE` for the arguments and the answer. */
export const ENQUEUE_JOBS: string = [
  BASE,
  JOBS,
  TRANSITIONS,
  WAKES,
  ENQUEUE,
  `
local results = {}
for _ = 1, number() do enqueueGroup(results) end
flush()
wake()
return results
`,
].join("\n");
