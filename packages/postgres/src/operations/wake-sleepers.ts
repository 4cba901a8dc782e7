import { textArray } from "../arrays.ts";
import { type Connections, write } from "../connections.ts";

/** Wakes a few of the servers that hunger for these queues, for so many jobs. */
export async function wakeSleepers(
  connections: Pick<Connections, "main" | "names">,
  queues: readonly string[],
  jobs: number,
): Promise<void> {
  if (jobs === 0) return;
  await write(connections, {
    name: "revo_wake",
    text: `select ${connections.names.schema}.wake_alone($1,$2)`,
    values: [textArray(queues), jobs],
  });
}
