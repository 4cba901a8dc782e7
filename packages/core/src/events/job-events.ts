import type { JobId } from "../job/job-record.ts";

interface JobEvent {
  readonly jobId: JobId;
  readonly type: string;
  readonly queue: string;
}

interface AttemptEvent extends JobEvent {
  readonly attempt: number;
  readonly serverId: string;
}

/**
 * Every event with its payload. Events are local to the process: they tell what this process enqueued, ran or noticed, and
 * are gone when nobody listens. What must not be missed is in the storage.
 */
export interface RevoEvents {
  /** Stored by this process's scheduler. */
  readonly "job.enqueued": JobEvent;
  /** An attempt begins. `waitedMs`: since the job became enqueued, by the storage's clock. */
  readonly "job.started": AttemptEvent & { readonly waitedMs: number };
  /** Stored as succeeded. */
  readonly "job.succeeded": AttemptEvent & { readonly runMs: number; readonly waitedMs: number };
  /** The attempt failed; another follows in `delayMs`. */
  readonly "job.retried": AttemptEvent & {
    readonly runMs: number;
    readonly waitedMs: number;
    readonly delayMs: number;
    readonly error: unknown;
  };
  /** Stored as failed; no attempt follows. */
  readonly "job.failed": AttemptEvent & {
    readonly runMs: number;
    readonly waitedMs: number;
    readonly reason: string;
    readonly error: unknown;
  };
  /** Given back without an end: shutdown, no handler here. */
  readonly "job.released": AttemptEvent & { readonly delayMs: number; readonly reason: string };
  /** Ended as deleted while it ran. */
  readonly "job.deleted": AttemptEvent;
  /** The attempt ended, but the job was no longer this server's: its result was dropped. */
  readonly "job.lease-lost": AttemptEvent;
  /** An attempt goes on after its signal fired and its time to end was over; its slot was given to another job. */
  readonly "job.stuck": AttemptEvent & { readonly reason: string };
  /** A retry function threw or returned no duration; the default back-off was used. */
  readonly "job.backoff-invalid": AttemptEvent & { readonly cause: unknown };
  readonly "server.started": { readonly serverId: string };
  readonly "server.stopped": { readonly serverId: string };
  /** Others may have taken this server's jobs; it goes on under a new id. */
  readonly "server.lease-lost": { readonly serverId: string };
  /** A job server died; this one put its jobs back. */
  readonly "server.recovered": {
    readonly serverId: string;
    readonly returned: readonly JobId[];
    readonly failed: readonly JobId[];
    readonly deleted: readonly JobId[];
  };
  /** A loop's step failed; it is tried again after `retryInMs`, for ever. */
  readonly "loop.failed": {
    readonly loop: string;
    readonly error: unknown;
    readonly retryInMs: number;
  };
  /** A loop works again after failures. */
  readonly "loop.recovered": { readonly loop: string; readonly failures: number };
  /** The storage is another one than before (emptied, replaced): `REVO_STORAGE_RESET`. */
  readonly "storage.reset": { readonly before: string; readonly now: string };
  /** A listener threw. Its error reaches nobody else. */
  readonly "listener.failed": { readonly event: string; readonly error: unknown };
}

/** The name of an event. */
export type RevoEventName = keyof RevoEvents;

/** Every name, for callers whom no compiler tells; complete, or this does not compile. */
export const eventNames: Readonly<Record<RevoEventName, true>> = {
  "job.enqueued": true,
  "job.started": true,
  "job.succeeded": true,
  "job.retried": true,
  "job.failed": true,
  "job.released": true,
  "job.deleted": true,
  "job.lease-lost": true,
  "job.stuck": true,
  "job.backoff-invalid": true,
  "server.started": true,
  "server.stopped": true,
  "server.lease-lost": true,
  "server.recovered": true,
  "loop.failed": true,
  "loop.recovered": true,
  "storage.reset": true,
  "listener.failed": true,
};
