import { queueKey, queueOf, serverKey } from "../control-ids.ts";
import type { QueueDocument, ServerDocument } from "../documents.ts";
import type { Store } from "../store.ts";

/** What a claim has to know before it leases a job. */
export interface Look {
  /** The server is registered and was not given up. */
  readonly isHeld: boolean;
  /** Paused queues among those asked for, and when the pause ends by itself. */
  readonly paused: ReadonlyMap<string, number | undefined>;
  /** When the earliest scheduled job of any queue is due. */
  readonly nextDueMs: number | undefined;
}

type ControlRow = Pick<ServerDocument, "_id" | "lost"> & Partial<Pick<QueueDocument, "pause">>;

/** Two small reads side by side, quicker than one that unites them: the server's lease with the pauses, and the earliest due job. */
export async function look(
  store: Store,
  serverId: string,
  { queues, nowMs }: { readonly queues: readonly string[]; readonly nowMs: number },
): Promise<Look> {
  const server = serverKey(serverId);
  const [rows, [earliest]] = await Promise.all([
    store.servers
      .find<ControlRow>(
        { _id: { $in: [server, ...queues.map(queueKey)] } },
        { projection: { lost: 1, pause: 1 } },
      )
      .toArray(),
    store.jobs
      .find(
        { state: "scheduled" },
        { projection: { _id: 0, dueAt: 1 }, sort: { dueAt: 1, order: 1 }, limit: 1, hint: "due" },
      )
      .toArray(),
  ]);
  const paused = new Map<string, number | undefined>();
  let isHeld = false;
  for (const { _id, lost, pause } of rows) {
    if (_id === server) isHeld = lost !== true;
    else if (pause !== undefined) {
      const endsAtMs = pause.endsAt?.getTime();
      if (endsAtMs === undefined || endsAtMs > nowMs) paused.set(queueOf(_id), endsAtMs);
    }
  }
  return { isHeld, paused, nextDueMs: earliest?.dueAt?.getTime() };
}
