import {
  DeleteJobCommand,
  type IRevoEvents,
  type Middleware,
  ScheduleJobCommand,
} from "@revojs/core";
import { SendReminder } from "./jobs/send-reminder.ts";

/** What became of the jobs of one type. Times are of attempts, in milliseconds. */
export interface TypeStatistics {
  readonly type: string;
  enqueued: number;
  succeeded: number;
  failed: number;
  deleted: number;
  /** Attempts that failed and were followed by another. */
  retried: number;
  readonly waitedMs: number[];
  readonly ranMs: number[];
  /** How many jobs failed, by what was wrong. */
  readonly failures: Map<string, number>;
}

/** Counts what Revo tells. */
export class ShopStatistics {
  readonly #byType = new Map<string, TypeStatistics>();
  /** Ids of reminders, by their key. */
  readonly #reminders = new Map<string, string>();
  /** By id, the jobs that were deleted, and those that ended otherwise. */
  readonly #deleted = new Set<string>();
  readonly #endedOtherwise = new Set<string>();

  get types(): readonly TypeStatistics[] {
    return [...this.#byType.values()];
  }

  of(type: string): TypeStatistics {
    let statistics = this.#byType.get(type);
    if (statistics === undefined) {
      statistics = {
        type,
        enqueued: 0,
        succeeded: 0,
        failed: 0,
        deleted: 0,
        retried: 0,
        waitedMs: [],
        ranMs: [],
        failures: new Map(),
      };
      this.#byType.set(type, statistics);
    }
    return statistics;
  }

  listenTo(events: IRevoEvents): void {
    events.on("job.enqueued", ({ type }) => {
      this.of(type).enqueued += 1;
    });
    events.on("job.succeeded", (event) => {
      this.#attempt(event).succeeded += 1;
      this.#endOtherwise(event);
    });
    events.on("job.retried", (event) => {
      this.#attempt(event).retried += 1;
    });
    events.on("job.failed", (event) => {
      const statistics = this.#attempt(event);
      statistics.failed += 1;
      this.#endOtherwise(event);
      const message = event.error instanceof Error ? event.error.message : String(event.error);
      const failure = `${message} (${event.reason})`;
      statistics.failures.set(failure, (statistics.failures.get(failure) ?? 0) + 1);
    });
    events.on("job.deleted", (event) => this.#delete(event));
  }

  /** Events tell of jobs that ran. A reminder deleted before its time is known from the answer to the command. */
  readonly countDeletions: Middleware = async ({ message }, next) => {
    const answer = await next();
    if (message instanceof ScheduleJobCommand && message.options.key !== undefined) {
      this.#reminders.set(message.options.key, String(answer));
    } else if (message instanceof DeleteJobCommand && answer === true) {
      const { key = "" } = message.reference as { readonly key?: string };
      const jobId = this.#reminders.get(key);
      if (jobId !== undefined) this.#delete({ type: SendReminder.type, jobId });
    }
    return answer;
  };

  #delete({ type, jobId }: { readonly type: string; readonly jobId: string }): void {
    if (this.#endedOtherwise.has(jobId) || this.#deleted.has(jobId)) return;
    this.#deleted.add(jobId);
    this.of(type).deleted += 1;
  }

  /** A job that runs is only asked to end, and may succeed all the same; the answer may come before or after that. */
  #endOtherwise({ type, jobId }: { readonly type: string; readonly jobId: string }): void {
    this.#endedOtherwise.add(jobId);
    if (this.#deleted.delete(jobId)) this.of(type).deleted -= 1;
  }

  #attempt(event: {
    readonly type: string;
    readonly waitedMs: number;
    readonly runMs: number;
  }): TypeStatistics {
    const statistics = this.of(event.type);
    statistics.waitedMs.push(event.waitedMs);
    statistics.ranMs.push(event.runMs);
    return statistics;
  }
}

/** The value that the given share of `values` does not exceed; `null`: there are none. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
