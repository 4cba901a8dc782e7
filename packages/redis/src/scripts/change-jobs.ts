import { atOnce } from "./assemble.ts";
import { BASE, HOWEVER_FULL } from "./base.ts";
import { FLUSH, JOB_DETAILS, JOB_NAMES, JOB_TABLES } from "./jobs.ts";
import { TRANSITIONS } from "./transitions.ts";
import { WAKES } from "./wakes.ts";

/** What a script needs that changes jobs of any kind, however full the server is, and wakes whom that concerns. */
export const CHANGE_JOBS: readonly string[] = [
  BASE,
  HOWEVER_FULL,
  JOB_TABLES,
  atOnce(JOB_NAMES, JOB_DETAILS, TRANSITIONS),
  FLUSH,
  WAKES,
];
