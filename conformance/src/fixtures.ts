/** Valid jobs and calls for tests of a storage's own, beside the cases. */
export { aClaim, aJob, anId, someJobs } from "./builders.ts";
export { allSucceed, fill, registerServer } from "./storage-steps.ts";
