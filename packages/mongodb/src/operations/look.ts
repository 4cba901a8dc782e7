import type { Filter } from "mongodb";
import { queueKey, queueOf, serverKey } from "../control-ids.ts";
import type { JobDocument, QueueDocument, ServerDocument } from "../documents.ts";
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

/** A look that says, too, whether a claim would find a job. */
export interface Glance extends Look {
  readonly isAnyReady: boolean;
}

/** What a look is for. */
export interface LookFor {
  readonly queues: readonly string[];
  readonly nowMs: number;
}

/** Two small reads side by side, quicker than one that unites them: the server's lease with the pauses, and the earliest due job. */
export async function look(store: Store, serverId: string, wanted: LookFor): Promise<Look> {
  const [rows, [earliest]] = await Promise.all([
    store.servers
      .find<ControlRow>(controlOf(serverId, wanted), { projection: CONTROL_FIELDS })
      .toArray(),
    store.jobs
      .find(
        { state: "scheduled" },
        { projection: { _id: 0, dueAt: 1 }, sort: { dueAt: 1, order: 1 }, limit: 1, hint: "due" },
      )
      .toArray(),
  ]);
  return toLook(rows, serverId, { nowMs: wanted.nowMs, nextDueAt: earliest?.dueAt });
}

/** The same and the heads of the queues in one command, for a server that expects nothing: slower, but a third of the commands. */
export async function glance(store: Store, serverId: string, wanted: LookFor): Promise<Glance> {
  const coll = store.jobs.collectionName;
  const rows = await store.servers
    .aggregate<GlanceRow>([
      { $match: controlOf(serverId, wanted) },
      { $project: CONTROL_FIELDS },
      {
        $unionWith: {
          coll,
          pipeline: [
            { $match: { state: "scheduled" } },
            { $sort: { dueAt: 1, order: 1 } },
            { $limit: 1 },
            { $project: { _id: 0, dueAt: 1 } },
          ],
        },
      },
      {
        $unionWith: {
          coll,
          pipeline: [
            { $match: { state: "enqueued", queue: { $in: [...wanted.queues] } } },
            { $limit: 1 },
            { $project: { _id: 0, queue: 1 } },
          ],
        },
      },
    ])
    .toArray();
  const control = rows.filter((row): row is ControlRow => row._id !== undefined);
  const nextDueAt = rows.find(({ dueAt }) => dueAt !== undefined)?.dueAt;
  return {
    ...toLook(control, serverId, { nowMs: wanted.nowMs, nextDueAt }),
    isAnyReady: rows.some(({ queue }) => queue !== undefined),
  };
}

type GlanceRow = Partial<ControlRow> & Partial<Pick<JobDocument, "dueAt" | "queue">>;

const CONTROL_FIELDS = { lost: 1, pause: 1 } as const;

function controlOf(serverId: string, { queues }: LookFor): Filter<ServerDocument> {
  return { _id: { $in: [serverKey(serverId), ...queues.map(queueKey)] } };
}

function toLook(
  rows: readonly ControlRow[],
  serverId: string,
  { nowMs, nextDueAt }: { readonly nowMs: number; readonly nextDueAt: Date | undefined },
): Look {
  const server = serverKey(serverId);
  const paused = new Map<string, number | undefined>();
  let isHeld = false;
  for (const { _id, lost, pause } of rows) {
    if (_id === server) isHeld = lost !== true;
    else if (pause !== undefined) {
      const endsAtMs = pause.endsAt?.getTime();
      if (endsAtMs === undefined || endsAtMs > nowMs) paused.set(queueOf(_id), endsAtMs);
    }
  }
  return { isHeld, paused, nextDueMs: nextDueAt?.getTime() };
}
