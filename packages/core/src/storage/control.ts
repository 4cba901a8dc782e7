import type { JobId, NewJob, TimedStart } from "../job/job-record.ts";
import type { JobState } from "../job/job-state.ts";

/** Bulk by filter is core's: `monitor.find` a page of ids, then one of these with `from`, chunk by chunk. */
export interface IJobControl {
  /** To deleted, kept for `retainMs`. A processing job is only marked: it keeps lease, limit and unique key until it is settled or recovered. */
  delete(
    request: ControlRequest & { readonly retainMs: number },
  ): Promise<readonly ControlResult[]>;
  /** To enqueued, at the tail, whatever it waited for; `crashes` becomes 0. Final jobs, deleted ones too, take their unique key again. Twice may run it twice: give `from`. */
  requeue(
    request: ControlRequest & { readonly resetAttempts: boolean },
  ): Promise<readonly ControlResult[]>;
  /** Scheduled and enqueued jobs, to a new time. */
  reschedule(
    request: ControlRequest & { readonly start: TimedStart },
  ): Promise<readonly ControlResult[]>;
  /** Unfinished jobs that are not processing, to the tail of another queue or band. */
  move(
    request: ControlRequest & { readonly queue?: string; readonly priority?: number },
  ): Promise<readonly ControlResult[]>;
  /** New content for unfinished jobs that are not processing. Type, id and unique key never change. */
  replaceContent(
    request: ControlRequest & Pick<NewJob, "payload" | "envelope" | "tags" | "maxAttempts">,
  ): Promise<readonly ControlResult[]>;
  /** No claim that begins after the answer takes from the queue. `forMs`: ends by itself, by the storage's clock. */
  pauseQueue(request: {
    readonly queue: string;
    readonly actor: string;
    readonly reason: string;
    readonly forMs?: number;
  }): Promise<void>;
  /** Wakes servers hungry for the queue. Not paused: nothing happens. */
  resumeQueue(request: { readonly queue: string; readonly actor: string }): Promise<void>;
  /** What the server's next heartbeat answers. @returns `false`: no such server. */
  signalServer(serverId: string, desired: "run" | "quiet" | "stop"): Promise<boolean>;
}

/** Which jobs somebody acts on, and who does so why. */
export interface ControlRequest {
  readonly ids: readonly JobId[];
  /** Only jobs in one of these states; others answer `conflict`. @defaultValue every state the method speaks of */
  readonly from?: readonly JobState[];
  /** Both are kept in the job's history. */
  readonly actor: string;
  readonly reason: string;
}

/** `done` also when it was so already. `requested`: marked, the holder is told. `duplicate`: `jobId` holds the unique key; unchanged. */
export type ControlResult =
  | { readonly kind: "done" | "requested" | "not-found" }
  | { readonly kind: "conflict"; readonly state: JobState }
  | { readonly kind: "duplicate"; readonly jobId: JobId };
