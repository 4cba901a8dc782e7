// Enqueues one job and ends. Arguments: connection string, schema.
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aJob } from "@revojs/conformance/fixtures";

const [, , connectionString = "", schema = ""] = process.argv;
const storage = new PostgresJobStorage({ connectionString, schema, migrate: "check" });
await storage.open();
await storage.enqueue({ jobs: [aJob()] });
await storage.close();
