import type { IJobMonitor, JobRecord, JobState } from "@revojs/core";
import type { JobDocument } from "../documents.ts";
import { toJobId, toStoredIds } from "../ids.ts";
import { isHeld } from "../job-document.ts";
import { toRecord } from "../job-record.ts";
import type { Store } from "../store.ts";

type Outcome = Awaited<ReturnType<IJobMonitor["outcomes"]>>[number];

/** By id, with texts and history. */
export async function getJobs(
  store: Store,
  ids: readonly string[],
): Promise<readonly (JobRecord | null)[]> {
  if (ids.length === 0) return [];
  const documents = await store.jobs
    .find({ _id: { $in: toStoredIds(ids) }, state: { $ne: "dropped" } })
    .toArray();
  const byId = new Map(documents.map((one) => [toJobId(one._id), one]));
  return ids.map((id) => {
    const document = byId.get(id);
    return document === undefined ? null : toRecord(document, "full");
  });
}

/** The job that holds each unique key now. */
export async function holders(
  store: Store,
  uniqueKeys: readonly string[],
): Promise<readonly (string | null)[]> {
  if (uniqueKeys.length === 0) return [];
  const nowMs = await store.serverClock.nowMs();
  const documents = await store.jobs
    .find({ "keys.v": { $in: [...uniqueKeys] } }, { projection: { keys: 1 } })
    .toArray();
  const byKey = new Map<string, string>();
  for (const { _id, keys } of documents) {
    for (const key of keys ?? []) if (isHeld(key, nowMs)) byKey.set(key.v, toJobId(_id));
  }
  return uniqueKeys.map((key) => byKey.get(key) ?? null);
}

/** State and result of finished jobs. */
export async function outcomes(store: Store, ids: readonly string[]): Promise<readonly Outcome[]> {
  if (ids.length === 0) return [];
  const documents = await store.jobs
    .find<Pick<JobDocument, "_id" | "state" | "result">>(
      {
        _id: { $in: toStoredIds(ids) },
        state: { $in: ["succeeded", "failed", "deleted"] },
      },
      { projection: { state: 1, result: 1 } },
    )
    .toArray();
  const byId = new Map(documents.map((one) => [toJobId(one._id), one]));
  return ids.map((id) => {
    const one = byId.get(id);
    if (one === undefined) return null;
    return {
      state: one.state as JobState,
      ...(one.result !== undefined && { result: one.result }),
    };
  });
}
