import type { IJobMetrics, IJobMonitor, IJobReports, IJobStorage } from "@revojs/core";

/** What a storage does once it is open: in one slot, or over several. */
export interface Operations
  extends Pick<
    IJobStorage,
    "enqueue" | "exchange" | "register" | "heartbeat" | "unregister" | "upkeep" | "control"
  > {
  readonly monitor: Required<IJobMonitor>;
  readonly reports: IJobReports;
  readonly metrics: IJobMetrics;
}
