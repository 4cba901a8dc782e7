/** Servers count in memory and put their totals of a minute, again and again: a repeat overwrites, so nothing counts twice and no settle writes a counter. */
export interface IJobMetrics {
  put(serverId: string, points: readonly MetricPoint[]): Promise<void>;
  /** Summed over servers, `minute` rounded down to `stepMs`; at most 10,000 points. */
  read(request: {
    readonly from: Date;
    readonly to: Date;
    readonly stepMs: number;
    readonly groupBy: "none" | "queue" | "type";
    readonly signal?: AbortSignal;
  }): Promise<readonly MetricPoint[]>;
}

/** `values`: core's fixed series and bucket bounds (counters, then the wait and the run histogram), added element by element. */
export interface MetricPoint {
  readonly minute: Date;
  readonly queue: string;
  readonly type: string;
  readonly values: readonly number[];
}
