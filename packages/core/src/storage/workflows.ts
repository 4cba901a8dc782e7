import type { JobId } from "../job/job-record.ts";

/** A settlement releases at once what few jobs wait for its job; the rest, and whole batches, follow by `advance`. */
export interface IJobWorkflows {
  advance(limit: number): Promise<{ readonly released: number; readonly more: boolean }>;
  /** Creates the batch, or seals it: no more jobs may join. */
  openBatch(batchId: string, info: string): Promise<void>;
  sealBatch(batchId: string): Promise<void>;
  batch(batchId: string): Promise<{
    readonly info: string;
    readonly sealed: boolean;
    readonly counts: Readonly<Record<"pending" | "succeeded" | "failed" | "deleted", number>>;
  } | null>;
  relations(
    id: JobId,
    limit: number,
  ): Promise<{ readonly parents: readonly JobId[]; readonly children: readonly JobId[] }>;
}
