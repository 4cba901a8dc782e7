import { RevoError } from "@revojs/core";
import type { Connection } from "./connection.ts";
import { enqueueScript, type SendEnqueue } from "./enqueue.ts";
import type { Script } from "./script.ts";
import type { Store } from "./store.ts";

/**
 * Sends enqueues and waits until what they wrote is on a replica or on the disk. WAIT holds up its connection, and counts what
 * was written on it: so it has one of its own.
 *
 * @throws RevoError `REVO_STORAGE_OUTCOME_UNKNOWN`: the jobs are stored, but not as safely as was asked for. Repeated, the call
 * waits again.
 */
export function durableSender(
  store: Store,
  connection: Connection,
  script: Script<readonly string[]> = enqueueScript,
): SendEnqueue {
  const { durability, callTimeoutMs } = store.settings;
  const waitMs = Math.max(1, Math.floor(callTimeoutMs / 2));
  return async (values) => {
    const wait =
      durability === "disk" ? (["WAITAOF", 1, 0, waitMs] as const) : (["WAIT", 1, waitMs] as const);
    const [results, reached] = await connection.runThen(
      store.scriptOf(script),
      store.clockKey,
      values,
      wait,
      store.timeoutMs,
    );
    if (Number(Array.isArray(reached) ? reached[0] : reached) >= 1) return results;
    const where = durability === "disk" ? "on the disk" : "on a replica";
    throw new RevoError(
      "REVO_STORAGE_OUTCOME_UNKNOWN",
      `The jobs are stored, but were not ${where} within ${waitMs} ms`,
    );
  };
}
