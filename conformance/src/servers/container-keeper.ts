// Run by keeper.ts as a process of its own: removes a container when its starter is gone.
import { getContainerRuntimeClient } from "testcontainers";
import type { KeeperOrder, KeeperReport } from "./keeper.ts";

/** What this keeper is told, once. */
export interface KeptContainer {
  readonly containerId: string;
}

let kept: KeptContainer | undefined;

process.on("message", (message) => void obey(message as KeeperOrder<KeptContainer>));
process.once("disconnect", () => void stop());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void stop());
}

async function obey(order: KeeperOrder<KeptContainer>): Promise<void> {
  switch (order.kind) {
    case "keep":
      kept = order.kept;
      return;
    case "crash":
      await (await container(kept))?.kill();
      break;
    case "restart":
      await (await container(kept))?.start();
      break;
  }
  process.send?.({ kind: "done" } satisfies KeeperReport);
}

async function stop(): Promise<void> {
  // What is gone already went with its engine, or by Ryuk.
  await (await container(kept))?.remove({ force: true, v: true }).catch(() => {});
  process.exit();
}

async function container(of: KeptContainer | undefined) {
  if (of === undefined) return undefined;
  const client = await getContainerRuntimeClient();
  return client.container.getById(of.containerId);
}
