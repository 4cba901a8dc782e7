import type { Settlement, SettleStatus } from "@revojs/core";
import type { JobDocument } from "../documents.ts";
import { type GuardedWrite, writeGuarded } from "../guarded-writes.ts";
import { toJobId, toStoredIds } from "../ids.ts";
import type { Store } from "../store.ts";
import { isSame } from "./same-number.ts";
import { outcomeWrite } from "./outcome-write.ts";

/** Times that a job may change between look and write. Each time somebody else got on. */
const MOST_ROUNDS = 20;

/** A settlement and its place in the request. */
export interface PlacedSettlement {
  readonly index: number;
  readonly settlement: Settlement;
}

/** What became of it. */
export interface PlacedStatus {
  readonly index: number;
  readonly status: SettleStatus;
}

/** Fields of a job that its end depends on. */
export type SettleFacts = Pick<
  JobDocument,
  | "_id"
  | "rev"
  | "state"
  | "token"
  | "attempt"
  | "startedAt"
  | "server"
  | "deletion"
  | "keys"
  | "lines"
  | "discardAfterMs"
  | "discardAt"
>;

export const SETTLE_FIELDS: Readonly<Record<keyof SettleFacts, 1>> = {
  _id: 1,
  rev: 1,
  state: 1,
  token: 1,
  attempt: 1,
  startedAt: 1,
  server: 1,
  deletion: 1,
  keys: 1,
  lines: 1,
  discardAfterMs: 1,
  discardAt: 1,
};

/** Settles jobs of which this process knows nothing: reads them, then writes each only if it is still as it was read. */
export async function settleByLooking(
  store: Store,
  settlements: readonly PlacedSettlement[],
  nowMs: number,
): Promise<readonly PlacedStatus[]> {
  const statuses: PlacedStatus[] = [];
  let open = settlements;
  for (let round = 0; open.length > 0; round++) {
    if (round >= MOST_ROUNDS) throw new Error(`A job changed ${round} times while it was settled`);
    const jobs = await read(store, open);
    const writes: (GuardedWrite & {
      readonly placed: PlacedSettlement;
      readonly job: SettleFacts;
    })[] = [];
    const settledHere = new Set<string>();
    const later: PlacedSettlement[] = [];
    for (const placed of open) {
      const job = jobs.get(placed.settlement.jobId);
      const status = statusWithoutWrite(job, placed.settlement);
      if (status !== undefined || job === undefined) {
        statuses.push({ index: placed.index, status: status ?? "gone" });
      } else if (settledHere.has(placed.settlement.jobId)) {
        // The same job twice in one request: the second sees what the first did.
        later.push(placed);
      } else {
        settledHere.add(placed.settlement.jobId);
        writes.push({ placed, job, write: outcomeWrite(job, placed.settlement.outcome, nowMs) });
      }
    }
    const results = await writeGuarded(store, writes);
    for (const [index, { placed, job }] of writes.entries()) {
      if (results[index] !== "won") {
        later.push(placed);
        continue;
      }
      await removeLogOfDropped(store, job, writes[index]?.write.kind);
      const isDeleted = job.deletion !== undefined && placed.settlement.outcome.kind !== "succeed";
      statuses.push({ index: placed.index, status: isDeleted ? "deleted" : "settled" });
    }
    open = later;
  }
  return statuses;
}

/** What can be said without changing the job; `undefined`: the settlement takes effect. */
export function statusWithoutWrite(
  job: SettleFacts | undefined,
  { token }: Settlement,
): SettleStatus | undefined {
  if (job === undefined || job.state === "dropped") return "gone";
  if (!isSame(job.token, token)) return "stale";
  return job.state === "processing" ? undefined : "already";
}

async function read(
  store: Store,
  open: readonly PlacedSettlement[],
): Promise<ReadonlyMap<string, SettleFacts>> {
  const ids = toStoredIds(open.map(({ settlement }) => settlement.jobId));
  const rows = await store.jobs
    .find<SettleFacts>(
      { _id: { $in: ids } },
      { projection: SETTLE_FIELDS, batchSize: ids.length + 1 },
    )
    .toArray();
  return new Map(rows.map((row) => [toJobId(row._id), row]));
}

async function removeLogOfDropped(
  store: Store,
  { _id, lines }: SettleFacts,
  kind: GuardedWrite["write"]["kind"] | undefined,
): Promise<void> {
  if (kind === "delete" && lines !== undefined)
    await store.logs.deleteMany({ job: _id }, { writeConcern: store.concerns.quick });
}
