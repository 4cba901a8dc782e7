import type { SettleOutcome, Settlement, SettleStatus } from "@revojs/core";
import { extrasOf, type JobEntry } from "./job-entry.ts";
import { noteAttempt } from "./job-history.ts";
import { enterEnqueued, enterFinal, enterOldPlace, enterScheduled, leavePlane } from "./planes.ts";
import type { Store } from "./store.ts";

/** Ends one attempt, if it still is the one that the token was given for. */
export function settle(store: Store, settlement: Settlement, nowMs: number): SettleStatus {
  store.operations++;
  const entry = store.jobs.get(settlement.jobId);
  if (entry === undefined) return "gone";
  if (entry.token !== settlement.token) return "stale";
  if (entry.state !== "processing") return "already";
  entry.starting = false;
  if (settlement.outcome.kind !== "succeed" && entry.extras?.deletion !== undefined) {
    endDeleted(store, entry, { outcome: settlement.outcome, nowMs });
    return "deleted";
  }
  apply(store, entry, { outcome: settlement.outcome, nowMs });
  return "settled";
}

interface End<TOutcome> {
  readonly outcome: TOutcome;
  readonly nowMs: number;
}

type Unsuccessful = Exclude<SettleOutcome, { readonly kind: "succeed" }>;

function apply(store: Store, entry: JobEntry, { outcome, nowMs }: End<SettleOutcome>): void {
  switch (outcome.kind) {
    case "succeed": {
      if (outcome.retainMs > 0) keepOutcome(entry, outcome.result);
      leavePlane(store, entry);
      enterFinal(store, entry, { state: "succeeded", retainMs: outcome.retainMs, nowMs });
      return;
    }
    case "retry":
      noteFailure(entry, { outcome, nowMs });
      leavePlane(store, entry);
      entry.crashes = 0;
      entry.releases = 0;
      if (outcome.delayMs > 0) enterScheduled(store, entry, nowMs + outcome.delayMs);
      else enterEnqueued(store, entry, nowMs);
      return;
    case "fail":
      noteFailure(entry, { outcome, nowMs });
      keepOutcome(entry);
      leavePlane(store, entry);
      enterFinal(store, entry, {
        state: "failed",
        reason: outcome.reason,
        retainMs: outcome.retainMs,
        nowMs,
      });
      return;
    case "release":
      noteRelease(entry, { outcome, nowMs });
      leavePlane(store, entry);
      if (outcome.refundAttempt) entry.attempt--;
      entry.releases++;
      if (outcome.delayMs > 0) enterScheduled(store, entry, nowMs + outcome.delayMs);
      else enterOldPlace(store, entry);
      return;
    case "delete":
      noteAttempt(entry, { to: "deleted", reason: outcome.reason, nowMs });
      keepOutcome(entry);
      leavePlane(store, entry);
      enterFinal(store, entry, {
        state: "deleted",
        reason: outcome.reason,
        retainMs: outcome.retainMs,
        nowMs,
      });
      return;
  }
}

/** The attempt failed, but somebody wanted the job deleted: it is not tried again. */
function endDeleted(store: Store, entry: JobEntry, { outcome, nowMs }: End<Unsuccessful>): void {
  const retainMs = entry.extras?.deletion?.retainMs ?? 0;
  const error = "error" in outcome ? { error: outcome.error } : {};
  noteAttempt(entry, { to: "deleted", reason: "requested", nowMs, ...error });
  keepOutcome(entry);
  leavePlane(store, entry);
  if (outcome.kind === "release" && outcome.refundAttempt) entry.attempt--;
  enterFinal(store, entry, { state: "deleted", reason: "requested", retainMs, nowMs });
}

/** Who ran it, and with what result. A plain success has neither extras nor history but this. */
function keepOutcome(entry: JobEntry, result?: string): void {
  const extras = extrasOf(entry);
  extras.serverId = entry.server?.id;
  extras.result = result;
}

function noteFailure(
  entry: JobEntry,
  { outcome, nowMs }: End<Extract<SettleOutcome, { kind: "retry" | "fail" }>>,
): void {
  const reason = outcome.kind === "fail" ? { reason: outcome.reason } : {};
  const to = outcome.kind === "fail" ? "failed" : outcome.delayMs > 0 ? "scheduled" : "enqueued";
  noteAttempt(entry, { to, error: outcome.error, nowMs, ...reason });
  extrasOf(entry).fingerprint = outcome.error.fingerprint;
}

/** A refunded attempt did not take place; only one that counts is part of the history. */
function noteRelease(
  entry: JobEntry,
  { outcome, nowMs }: End<Extract<SettleOutcome, { kind: "release" }>>,
): void {
  if (outcome.refundAttempt) return;
  const to = outcome.delayMs > 0 ? "scheduled" : "enqueued";
  noteAttempt(entry, { to, reason: outcome.reason, nowMs });
}
