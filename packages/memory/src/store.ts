import type { IClock, JobId } from "@revojs/core";
import { FinishedJobs } from "./finished-jobs.ts";
import { IdOrder } from "./id-order.ts";
import { IndexedHeap } from "./indexed-heap.ts";
import type { Discard, JobEntry, JobQueue } from "./job-entry.ts";
import { JobServers } from "./job-servers.ts";
import { MetricTotals } from "./metric-totals.ts";
import { QueueLine } from "./queue-line.ts";
import type { Sleepers } from "./sleepers.ts";
import { UniqueKeys } from "./unique-keys.ts";

/** What a store is made of and does not forget. */
export interface StoreSettings {
  readonly storageId: string;
  readonly clock: IClock;
  /** Most finished jobs kept; the oldest leave first. */
  readonly maxFinished: number;
}

/**
 * Everything that is stored. Each job is in `jobs` and `byId`, and in the structure of its state: a band of its queue, `due`,
 * the leases of a server, or `finished`. The functions of `planes.ts` move it from one to another.
 */
export class Store {
  readonly settings: StoreSettings;
  readonly jobs: Map<JobId, JobEntry> = new Map<JobId, JobEntry>();
  readonly byId: IdOrder = new IdOrder(this.jobs);
  readonly queues: Map<string, JobQueue> = new Map<string, JobQueue>();
  /** The scheduled jobs of all queues. */
  readonly due: IndexedHeap<JobEntry> = new IndexedHeap<JobEntry>(isDueBefore);
  readonly finished: FinishedJobs = new FinishedJobs();
  /** The jobs that will be deleted if nobody claims them in time. */
  readonly discards: IndexedHeap<Discard> = new IndexedHeap<Discard>(isDiscardedBefore);
  readonly uniqueKeys: UniqueKeys = new UniqueKeys();
  readonly servers: JobServers = new JobServers();
  /** Task to the time of its next turn. */
  readonly turns: Map<string, number> = new Map<string, number>();
  readonly metrics: MetricTotals = new MetricTotals();
  readonly sleepers: Sleepers;
  /** Jobs looked at since the store was made: what the cost of a call grows with. */
  operations = 0;
  /** The highest given so far. */
  sequence = 0;

  constructor(settings: StoreSettings, sleepers: Sleepers) {
    this.settings = settings;
    this.sleepers = sleepers;
  }

  nowMs(): number {
    return this.settings.clock.nowMs();
  }

  /** The queue of that name, made when it is new. */
  queue(name: string): JobQueue {
    let line = this.queues.get(name);
    if (line === undefined) {
      line = new QueueLine<JobEntry>(name);
      this.queues.set(name, line);
    }
    return line;
  }

  /** Higher than all before. */
  nextSequence(): number {
    return ++this.sequence;
  }
}

/** Two jobs due at the same instant are two jobs: the sequence tells them apart. */
function isDueBefore(one: JobEntry, other: JobEntry): boolean {
  const oneMs = one.dueAtMs ?? 0;
  const otherMs = other.dueAtMs ?? 0;
  return oneMs === otherMs ? one.sequence < other.sequence : oneMs < otherMs;
}

function isDiscardedBefore(one: Discard, other: Discard): boolean {
  return one.atMs === other.atMs ? one.entry.id < other.entry.id : one.atMs < other.atMs;
}
