import type { JobError } from "./job-error.ts";
import type { NewJob } from "./job-record.ts";

export type { JobError };

/** What becomes of a job after an attempt. `retainMs`: how long the finished job stays readable from now; 0 lets the storage drop it at once, id and all. */
export type SettleOutcome =
  | {
      readonly kind: "succeed";
      readonly retainMs: number;
      readonly result?: string;
      /** Needs `capabilities.followUps`. Stored if and only if the settlement is; ids make a repeat harmless. */
      readonly followUps?: readonly NewJob[];
    }
  /** To scheduled, or enqueued when 0. The attempt counts, `crashes` becomes 0. */
  | { readonly kind: "retry"; readonly delayMs: number; readonly error: JobError }
  | {
      readonly kind: "fail";
      readonly retainMs: number;
      readonly reason: string;
      readonly error: JobError;
    }
  /** Not the job's doing (shutdown, no handler here, snooze): `releases` + 1. `delayMs` 0 keeps `enqueuedAt`: back to the head of its band. */
  | {
      readonly kind: "release";
      readonly delayMs: number;
      readonly refundAttempt: boolean;
      readonly reason: string;
    }
  | { readonly kind: "delete"; readonly retainMs: number; readonly reason: string };
