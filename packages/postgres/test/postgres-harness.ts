import type { IStorageHarness, TransactionUnderTest } from "@revojs/conformance";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import type { PostgresJobStorageOptions } from "../src/options.ts";
import { testServerUrl } from "./server.ts";
import { administration, aSchemaName, dropSchema, setClockOffset } from "./test-schema.ts";

/** How far the server's clock goes on while a case runs. */
const SLACK_MS = 5000;

/** The storage on a schema of its own for each case. A worker's clock has nowhere to enter: no call carries its time. */
export function postgresHarness(
  name: string,
  options: () => PostgresJobStorageOptions = () => ({ connectionString: testServerUrl() }),
): IStorageHarness {
  return {
    name,
    create: async () => {
      const schema = aSchemaName();
      const make = (): PostgresJobStorage =>
        new PostgresJobStorage({ maxConnections: 4, partitionDays: 0, ...options(), schema });
      let offsetMs = 0;
      return {
        storage: make(),
        slackMs: SLACK_MS,
        second: async () => make(),
        advance: async (byMs) => {
          offsetMs += byMs;
          await setClockOffset(schema, offsetMs);
        },
        corrupt: async (jobId) => {
          await administration.query(`update "${schema}".jobs set payload = null where id = $1`, [
            jobId,
          ]);
        },
        beginTransaction,
        dispose: () => dropSchema(schema),
      };
    },
  };
}

async function beginTransaction(): Promise<TransactionUnderTest> {
  const client = await administration.connect();
  await client.query("begin");
  const end = async (statement: "commit" | "rollback"): Promise<void> => {
    await client.query(statement);
    client.release();
  };
  return {
    transaction: client,
    commit: () => end("commit"),
    rollback: () => end("rollback"),
  };
}
