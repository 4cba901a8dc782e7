import type { JobId, NewJob } from "../job/job-record.ts";
import type { SettleOutcome } from "../job/settle-outcome.ts";

/** The ends of some attempts, and the wish for more jobs, in one call. */
export interface ExchangeRequest {
  readonly serverId: string;
  readonly settle: readonly Settlement[];
  /** Jobs with `crashes` > 0 or `maxCrashes` 0 that this server is about to run, fenced; `recover` counts a further crash only for jobs so marked. */
  readonly starting?: readonly {
    readonly jobId: JobId;
    readonly token: string;
    readonly locator?: string;
  }[];
  /** Absent: settle only; `jobs` is then empty and hunger stays as it was. */
  readonly claim?: ClaimRequest;
  /** This same request may have been carried out. @defaultValue false */
  readonly repeat?: boolean;
}

/** What a job server wants to run: how much of which queues. */
export interface ClaimRequest {
  /** Random, 1..2^63-1 in decimal, fresh for each claim: a lost write can never bring an old one back. */
  readonly token: string;
  /** Most preferred first, never empty, no name twice. `limit` >= 1. */
  readonly queues: readonly { readonly queue: string; readonly limit: number }[];
  /** Over all queues, 1..`maxBatch`. */
  readonly limit: number;
  /** 0..`maxBatch`. */
  readonly promoteLimit: number;
  /** Most bytes of payloads in the reply: the claim stops before the job that would exceed it, but never gives none for it. */
  readonly maxBytes: number;
}

/** The end of one attempt, fenced by the token of its claim. */
export interface Settlement {
  readonly jobId: JobId;
  readonly token: string;
  readonly locator?: string;
  readonly outcome: SettleOutcome;
}

/**
 * `settled`: stored. `deleted`: stored, but as deleted, since a deletion was requested and the outcome was not `succeed`.
 * `already`: a settlement under this token was stored before. `stale`: the job is there under another token or none; nothing
 * changed. `gone`: no such job (any more); on a repeat also a finished one that was dropped at once.
 */
export type SettleStatus = "settled" | "deleted" | "already" | "stale" | "gone";

/** What became of one exchange. */
export interface ExchangeReply {
  readonly settled: readonly SettleStatus[];
  /** In order of claim. */
  readonly jobs: readonly ClaimedJob[];
  readonly lease: "held" | "lost";
  /** Until a claim may give more without an enqueue: next due job of any queue, rate permit, end of a pause. 0: ask at once. */
  readonly nextClaimInMs: number | null;
}

/** A job as a job server gets it to run: leased under the token of its claim. */
export interface ClaimedJob
  extends Pick<
    NewJob,
    "id" | "type" | "queue" | "priority" | "payload" | "envelope" | "maxAttempts" | "maxCrashes"
  > {
  /** This run's number, from 1. */
  readonly attempt: number;
  /** Times in a row that a server died with it. Above 0 it is a suspect: core runs one at a time, after `starting`. */
  readonly crashes: number;
  /** Times in a row that it was released. */
  readonly releases: number;
  /** From `enqueuedAt` to now, by the storage's clock. */
  readonly waitedMs: number;
  /** Where the storage will find the job again; opaque, comes back with the settlement, may be out of date by then. */
  readonly locator?: string;
  /** Needs `workflows`. */
  readonly parentIds?: readonly JobId[];
}
