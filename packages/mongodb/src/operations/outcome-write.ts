import type { SettleOutcome } from "@revojs/core";
import type { JobDocument } from "../documents.ts";
import { after } from "../times.ts";
import { attemptEnd, endJob, JobChange, type JobFacts, type JobWrite } from "../transitions.ts";

/** What is known of a job whose attempt ends. */
export type AttemptFacts = JobFacts &
  Pick<JobDocument, "attempt" | "startedAt" | "server"> & {
    readonly deletion?: { readonly retainMs: number };
  };

/** What an outcome makes of a processing job. Pure. */
export function outcomeWrite(job: AttemptFacts, outcome: SettleOutcome, nowMs: number): JobWrite {
  if (job.deletion !== undefined && outcome.kind !== "succeed")
    return deletedWrite(job, outcome, { retainMs: job.deletion.retainMs, nowMs });
  const change = new JobChange(nowMs);
  switch (outcome.kind) {
    case "succeed":
      if (outcome.result === undefined) change.unset("result");
      else change.set({ result: outcome.result });
      return endJob(change, job, { state: "succeeded", retainMs: outcome.retainMs }, nowMs);
    case "retry": {
      const to = outcome.delayMs > 0 ? "scheduled" : "enqueued";
      change
        .note(attemptEnd(job, { to, error: outcome.error }))
        .set({ fingerprint: outcome.error.fingerprint })
        .unset("crashes", "releases", "starting", "server");
      if (outcome.delayMs > 0) change.schedule(after(nowMs, outcome.delayMs));
      else change.enqueue(job);
      return change.toWrite();
    }
    case "fail": {
      const { reason, error, retainMs } = outcome;
      change
        .note(attemptEnd(job, { to: "failed", reason, error }))
        .set({ fingerprint: error.fingerprint })
        .unset("result");
      return endJob(change, job, { state: "failed", reason, retainMs }, nowMs);
    }
    case "release":
      return releaseWrite(job, outcome, nowMs);
    case "delete": {
      const { reason, retainMs } = outcome;
      change.note(attemptEnd(job, { to: "deleted", reason })).unset("result");
      return endJob(change, job, { state: "deleted", reason, retainMs }, nowMs);
    }
  }
}

/** A refunded attempt did not take place; only one that counts is part of the history. */
function releaseWrite(
  job: AttemptFacts,
  outcome: Extract<SettleOutcome, { kind: "release" }>,
  nowMs: number,
): JobWrite {
  const change = new JobChange(nowMs).add("releases", 1).unset("starting", "server");
  if (outcome.refundAttempt) change.add("attempt", -1);
  else {
    const to = outcome.delayMs > 0 ? "scheduled" : "enqueued";
    change.note(attemptEnd(job, { to, reason: outcome.reason }));
  }
  if (outcome.delayMs > 0) change.schedule(after(nowMs, outcome.delayMs));
  else change.putBack();
  return change.toWrite();
}

/** The attempt did not succeed, and somebody wanted the job deleted: it is not tried again. */
function deletedWrite(
  job: AttemptFacts,
  outcome: Exclude<SettleOutcome, { kind: "succeed" }>,
  { retainMs, nowMs }: { readonly retainMs: number; readonly nowMs: number },
): JobWrite {
  const error = "error" in outcome ? { error: outcome.error } : {};
  const change = new JobChange(nowMs)
    .note(attemptEnd(job, { to: "deleted", reason: "requested", ...error }))
    .unset("result");
  if (outcome.kind === "release" && outcome.refundAttempt) change.add("attempt", -1);
  return endJob(change, job, { state: "deleted", reason: "requested", retainMs }, nowMs);
}
