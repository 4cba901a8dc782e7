// Run by keeper.ts as a process of its own: removes a container when its starter is gone.
import { getContainerRuntimeClient } from "testcontainers";

/** What this keeper is told, once. */
export interface KeptContainer {
  readonly containerId: string;
}

let container: KeptContainer | undefined;

process.once("message", (message) => {
  container = message as KeptContainer;
});
process.once("disconnect", () => void stop());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stop());
}

async function stop(): Promise<void> {
  if (container !== undefined) {
    const client = await getContainerRuntimeClient();
    await client.container
      .getById(container.containerId)
      .remove({ force: true, v: true })
      // Gone already, with its engine or by Ryuk.
      .catch(() => {});
  }
  process.exit();
}
