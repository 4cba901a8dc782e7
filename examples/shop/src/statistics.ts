import { DeleteJobCommand, type IRevoEvents, type Middleware } from "@revojs/core";
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
    });
    events.on("job.retried", (event) => {
      this.#attempt(event).retried += 1;
    });
    events.on("job.failed", (event) => {
      const statistics = this.#attempt(event);
      statistics.failed += 1;
      const message = event.error instanceof Error ? event.error.message : String(event.error);
      const failure = `${message} (${event.reason})`;
      statistics.failures.set(failure, (statistics.failures.get(failure) ?? 0) + 1);
    });
    events.on("job.deleted", ({ type }) => {
      this.of(type).deleted += 1;
    });
  }

  /** Events tell of jobs that ran. A reminder deleted before its time is known from the answer to the command. */
  readonly countDeletions: Middleware = async (context, next) => {
    const answer = await next();
    if (context.message instanceof DeleteJobCommand && answer === true) {
      this.of(SendReminder.type).deleted += 1;
    }
    return answer;
  };

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
