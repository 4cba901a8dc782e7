import type { ControlResult, JobId, JobState, SettleOutcome, SettleStatus } from "@revojs/core";

/** What was done to one job and what was answered. */
export type JobOperation =
  | {
      readonly kind: "claim";
      readonly token: string;
      readonly serverId: string;
      readonly attempt: number;
    }
  | {
      readonly kind: "settle";
      readonly token: string;
      readonly outcome: SettleOutcome["kind"];
      readonly status: SettleStatus;
    }
  /** `none`: the server was recovered and this job was not among what it held. */
  | {
      readonly kind: "recover";
      readonly serverId: string;
      readonly result: "returned" | "deleted" | "none";
    }
  | { readonly kind: "delete"; readonly result: ControlResult["kind"] }
  | { readonly kind: "requeue"; readonly result: ControlResult["kind"] }
  /** The state that was read. */
  | { readonly kind: "read"; readonly state: JobState };

/** An operation took effect at one instant between its call and its answer. Instants are counted, not measured. */
export interface Interval {
  readonly calledAt: number;
  readonly answeredAt: number;
  readonly operation: JobOperation;
}

/** Notes what is done to each job, from many callers at once. */
export class History {
  readonly #byJob = new Map<JobId, Interval[]>();
  #now = 0;

  /** Makes a call and notes the operations that its answer tells of. */
  async record<T>(
    call: () => Promise<T>,
    operationsOf: (answer: T) => readonly (readonly [JobId, JobOperation])[],
  ): Promise<T> {
    const calledAt = this.#now++;
    const answer = await call();
    const answeredAt = this.#now++;
    for (const [jobId, operation] of operationsOf(answer)) {
      const intervals = this.#byJob.get(jobId) ?? [];
      intervals.push({ calledAt, answeredAt, operation });
      this.#byJob.set(jobId, intervals);
    }
    return answer;
  }

  byJob(): ReadonlyMap<JobId, readonly Interval[]> {
    return this.#byJob;
  }
}
