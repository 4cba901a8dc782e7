import { assemble, inMain, onDemand } from "./assemble.ts";
import { BASE } from "./base.ts";
import { ENQUEUE, STORE_ALL, STORE_OTHER } from "./enqueue.ts";
import { FLUSH, JOB_DETAILS, JOB_NAMES, JOB_TABLES } from "./jobs.ts";
import { TRANSITIONS } from "./transitions.ts";
import { WAKES } from "./wakes.ts";

/** See `ENQUEUE` for the arguments and the answer. */
export const ENQUEUE_JOBS: string = assemble(
  BASE,
  JOB_TABLES,
  inMain(
    onDemand([...JOB_NAMES, "storeOther"], JOB_DETAILS, TRANSITIONS, STORE_OTHER),
    FLUSH,
    WAKES,
    ENQUEUE,
    STORE_ALL,
  ),
);
