import type {
  ClaimedJob,
  ClaimRequest,
  ExchangeReply,
  ExchangeRequest,
  Settlement,
  SettleOutcome,
  SettleStatus,
} from "@revojs/core";
import { decodeBody } from "./body.ts";
import { groupsOf } from "./enqueue.ts";
import { decodeHead, type JobHead } from "./head.ts";
import { joinShortIds, SHORT_LENGTH, toShortId, toUuid } from "./job-ids.ts";
import { defineScript } from "./script.ts";
import { EXCHANGE } from "./scripts/exchange.ts";
import type { Store } from "./store.ts";

type Value = string | number;
/** Statuses, whether the lease holds, now, ms until more (-1: nobody knows), ids in one text, then head and body of each job. */
type Reply = readonly [string, number, number, number, string?, ...string[]];

const script = defineScript<Reply>("exchange", "writes", EXCHANGE);

/**
 * Marks what begins, settles, then claims: one script, so nobody sees a part of it. `lastBands`: of each queue of the claim, the
 * last band to take from; empty: all.
 */
export async function exchange(
  store: Store,
  request: ExchangeRequest,
  lastBands: readonly number[] = [],
): Promise<ExchangeReply> {
  const values: Value[] = [toShortId(request.serverId)];
  const starting = request.starting ?? [];
  values.push(starting.length);
  for (const { jobId, token } of starting) values.push(toShortId(jobId), token);
  addSettlements(values, request.settle);
  addClaim(values, request.claim, request.repeat === true);
  if (request.claim !== undefined) for (const band of lastBands) values.push(band);
  const [statuses, holds, nowMs, untilMoreMs, ids = "", ...given] = await store.run(script, values);
  return {
    settled: Array.from(statuses, (letter) => STATUSES[letter] ?? "gone"),
    jobs: toJobs(ids, given, nowMs),
    lease: holds === 1 ? "held" : "lost",
    nextClaimInMs: untilMoreMs < 0 ? null : untilMoreMs,
  };
}

const STATUSES: Readonly<Record<string, SettleStatus>> = {
  o: "settled",
  d: "deleted",
  a: "already",
  s: "stale",
  g: "gone",
};

/** Successes that follow each other and are alike but for the job, as nearly all are, become one part. */
function addSettlements(values: Value[], settlements: readonly Settlement[]): void {
  const countAt = values.push(0) - 1;
  let parts = 0;
  for (let first = 0; first < settlements.length; parts++) {
    const end = endOfAlike(settlements, first);
    const { jobId, token, outcome } = settlements[first] as Settlement;
    if (isPlain(outcome)) {
      const ids = settlements.slice(first, end).map((settlement) => settlement.jobId);
      values.push("many", token, outcome.retainMs, joinShortIds(ids));
    } else {
      values.push("one", toShortId(jobId), token);
      addOutcome(values, outcome);
    }
    first = end;
  }
  values[countAt] = parts;
}

function endOfAlike(settlements: readonly Settlement[], first: number): number {
  const { token, outcome } = settlements[first] as Settlement;
  let end = first + 1;
  if (!isPlain(outcome)) return end;
  for (; end < settlements.length; end++) {
    const next = settlements[end] as Settlement;
    if (next.token !== token || !isPlain(next.outcome)) break;
    if (next.outcome.retainMs !== outcome.retainMs) break;
  }
  return end;
}

/** A success of which nothing is kept but that it was one. */
function isPlain(
  outcome: SettleOutcome,
): outcome is Extract<SettleOutcome, { readonly kind: "succeed" }> {
  return (
    outcome.kind === "succeed" && outcome.result === undefined && outcome.followUps === undefined
  );
}

function addOutcome(values: Value[], outcome: SettleOutcome): void {
  const ms = "delayMs" in outcome ? outcome.delayMs : outcome.retainMs;
  const error = "error" in outcome ? outcome.error : undefined;
  const result = outcome.kind === "succeed" ? outcome.result : undefined;
  values.push(
    outcome.kind,
    ms,
    "reason" in outcome ? outcome.reason : "",
    error === undefined ? "" : errorMember(error),
    error?.fingerprint ?? "",
    outcome.kind === "release" && outcome.refundAttempt ? 1 : 0,
    result === undefined ? 0 : 1,
    result ?? "",
  );
  const followUps = outcome.kind === "succeed" ? (outcome.followUps ?? []) : [];
  if (followUps.length === 0) values.push(0);
  else for (const value of groupsOf(followUps)) values.push(value);
}

/** The error as a member of a JSON object, for the job's history. */
export function errorMember({
  fingerprint,
  text,
}: {
  readonly fingerprint: string;
  readonly text: string;
}): string {
  return `"error":${JSON.stringify({ fingerprint, text })}`;
}

function addClaim(values: Value[], claim: ClaimRequest | undefined, repeat: boolean): void {
  if (claim === undefined) {
    values.push(0);
    return;
  }
  values.push(1, claim.token, claim.limit, claim.promoteLimit, claim.maxBytes, repeat ? 1 : 0);
  values.push(claim.queues.length);
  for (const { queue, limit } of claim.queues) values.push(queue, limit);
}

function toJobs(ids: string, given: readonly string[], nowMs: number): readonly ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  // Jobs that were enqueued together have equal heads.
  let text: string | undefined;
  let head: JobHead | undefined;
  for (let at = 0; at < given.length; at += 2) {
    if (given[at] !== text) {
      text = given[at];
      head = decodeHead(text ?? "");
    }
    const body = decodeBody(given[at + 1] ?? "");
    // The script compared the body's length with what was stored, so this cannot be; the job stays leased, as if it were running.
    if (head === undefined || body === undefined) continue;
    jobs.push({
      id: toUuid(ids, at * (SHORT_LENGTH / 2)),
      type: head.type,
      queue: head.queue,
      priority: head.priority,
      payload: body.payload,
      envelope: body.envelope,
      maxAttempts: head.maxAttempts,
      maxCrashes: head.maxCrashes,
      attempt: head.attempt,
      crashes: head.crashes,
      releases: head.releases,
      waitedMs: Math.max(0, nowMs - (head.enqueuedAtMs ?? nowMs)),
    });
  }
  return jobs;
}
