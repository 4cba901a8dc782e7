import { type EnqueueRequest, type EnqueueResult, RevoError, type Settlement } from "@revojs/core";
import type { Connections } from "../connections.ts";
import { toRevoError } from "../errors.ts";
import { isTimed, runAtOf, SCOPES, tagsOf, type TimedJob, toResults } from "./enqueue.ts";
import { toOther, toStatuses } from "./settlements.ts";
import { wakeSleepers } from "./wake-sleepers.ts";

/**
 * The caller's transaction, as far as it is used here: a client of `pg` on which `begin` was run, or what wraps a
 * transaction of a query builder or mapper.
 */
export interface PostgresTransaction {
  /** Runs a statement with parameters `$1`, `$2` … in the transaction. Columns of a row are found by their names. */
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** The storage that a transaction must belong to. */
export interface InStorage extends Connections {
  readonly storageId: string;
}

export async function enqueueIn(
  storage: InStorage,
  transaction: PostgresTransaction,
  { jobs, mayExist = false }: EnqueueRequest,
): Promise<{ readonly results: readonly EnqueueResult[]; wake(): Promise<void> }> {
  const timed = jobs.filter((job) => isTimed(job));
  const { storageId } = storage;
  const answer = await callIn(storage, transaction, {
    name: "enqueue_in",
    request: { storageId, mayExist, jobs: timed.map(toStored) },
  });
  const results = toResults(answer, timed.length);
  let next = 0;
  return {
    results: jobs.map((job) =>
      isTimed(job)
        ? (results[next++] ?? { kind: "exists" })
        : { kind: "rejected", reason: "parent-unknown" },
    ),
    wake: () => wakeSleepers(storage, [...new Set(timed.map(({ queue }) => queue))], timed.length),
  };
}

/** @throws RevoError `REVO_LEASE_LOST`. */
export async function completeIn(
  storage: InStorage,
  transaction: PostgresTransaction,
  settlement: Settlement,
): Promise<void> {
  const letters = await callIn(storage, transaction, {
    name: "complete_in",
    request: { storageId: storage.storageId, ...toOther(settlement) },
  });
  const [status] = toStatuses(letters ?? "", [0]);
  if (status === "settled") return;
  throw new RevoError(
    "REVO_LEASE_LOST",
    `Job ${settlement.jobId} is not held under this token (${status}): roll the transaction back`,
  );
}

async function callIn(
  { names }: InStorage,
  transaction: PostgresTransaction,
  { name, request }: { readonly name: string; readonly request: unknown },
): Promise<string | null> {
  await assertUnderWay(transaction);
  try {
    const text = `select ${names.schema}.${name}($1) as reply`;
    const { rows } = await transaction.query(text, [JSON.stringify(request)]);
    return (rows[0] as { readonly reply: string | null }).reply;
  } catch (error) {
    throw refusal(error);
  }
}

/** Outside of a transaction a statement would be committed at once: PostgreSQL refuses savepoints there. */
async function assertUnderWay(transaction: PostgresTransaction): Promise<void> {
  if (typeof transaction?.query !== "function") {
    throw new RevoError(
      "REVO_TRANSACTION_INVALID",
      "Expected `transaction` to have a method `query`, as a client of pg has",
    );
  }
  if (isKnownToBeUnderWay(transaction)) return;
  try {
    await transaction.query("savepoint revo_jobs", []);
    await transaction.query("release savepoint revo_jobs", []);
  } catch (error) {
    throw refusal(error);
  }
}

/** Newer clients of pg know the state of their connection, which spares asking the server. */
function isKnownToBeUnderWay(transaction: PostgresTransaction): boolean {
  const { getTransactionStatus } = transaction as { getTransactionStatus?: () => unknown };
  return (
    typeof getTransactionStatus === "function" && getTransactionStatus.call(transaction) === "T"
  );
}

// Some mappers keep of the server's error only the text.
const OVER =
  /25P0[12]|transaction block|transaction is aborted|transaction.*(already|complete|closed)|Client was closed|not queryable/i;

/** What went wrong in somebody else's transaction. Mappers wrap errors of the driver. */
function refusal(error: unknown): RevoError {
  let cause: unknown = error;
  for (let depth = 0; depth < 5 && cause instanceof Error; depth++) {
    const known = toRevoError(cause, { sent: true, writes: false });
    if (known.code === "REVO_TRANSACTION_INVALID") return known;
    if (OVER.test(cause.message)) {
      return new RevoError("REVO_TRANSACTION_INVALID", cause.message, { cause: error });
    }
    cause = cause.cause;
  }
  return toRevoError(error, { sent: true, writes: false });
}

function toStored(job: TimedJob): Readonly<Record<string, unknown>> {
  const { start, unique, discardAfterMs, discardRetainMs, tags, id, type, queue, priority } = job;
  return {
    id,
    type,
    queue,
    priority,
    payload: job.payload,
    envelope: job.envelope,
    maxAttempts: job.maxAttempts,
    maxCrashes: job.maxCrashes,
    tags: tagsOf(tags),
    ...(start.kind === "delay" && { delayMs: start.delayMs }),
    ...(start.kind === "at" && { runAtMs: runAtOf(start.runAt) }),
    ...(discardAfterMs !== undefined && { discardMs: discardAfterMs, discardRetainMs }),
    ...(unique !== undefined && {
      key: unique.key,
      scope: SCOPES[unique.scope],
      windowMs: unique.windowMs,
      replace: unique.onConflict === "replace",
    }),
  };
}
