/**
 * Checked at claim. Over the concurrency of its key a job becomes throttled (`attempt` as before, looked at once) and returns to its place
 * when a holder is settled, recovered or deleted, at the latest by `repair`; over a rate it becomes scheduled for when a permit is free.
 * Never exceeded, recovery included: permits are the processing jobs, not a counter.
 */
export interface IJobLimits {
  readonly fairGroups: boolean;
  /** Holds from the next claim on; lowering stops nothing that runs. `queue`: for a whole queue, whose claims come back short instead. */
  define(limit: {
    readonly name: string;
    readonly queue?: string;
    readonly concurrency?: number;
    readonly rate?: { readonly permits: number; readonly perMs: number; readonly burst: number };
    readonly maxJobs?: number;
  }): Promise<void>;
  remove(name: string): Promise<boolean>;
  /** Busiest keys first; `throttled` up to 10,000. */
  usage(
    name: string,
    limit: number,
  ): Promise<
    readonly { readonly key: string; readonly processing: number; readonly throttled: number }[]
  >;
}
