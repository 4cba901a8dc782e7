import type { JobDocument } from "../documents.ts";
import type { WakeSender } from "../wake-sender.ts";

/** So many jobs are stored before anybody who is woken beside them asks. */
const MOST_SEEN_AT_ONCE = 50;

/** What is asked of a stored job to tell whom it feeds. */
export type Fed = Pick<JobDocument, "state" | "queue" | "dueAt">;

interface Waking {
  readonly wakeSender: WakeSender;
}

/** Wakes a few who sleep for want of these jobs. Never rejects. */
export async function wakeFor({ wakeSender }: Waking, fed: readonly Fed[]): Promise<void> {
  const enqueued = fed.filter(({ state }) => state === "enqueued");
  const queues = [...new Set(enqueued.map(({ queue }) => queue))];
  const jobs = enqueued.length;
  // A large batch takes longer to be seen than a wake to arrive: the look gives it time.
  await wakeSender.onFed(queues, { jobs, remembered: jobs <= MOST_SEEN_AT_ONCE });
}

/** The same for those that are to start later, once they are stored. Never rejects. */
export async function tellOfScheduled({ wakeSender }: Waking, fed: readonly Fed[]): Promise<void> {
  const dueMs = fed.flatMap(({ dueAt }) => dueAt?.getTime() ?? []);
  if (dueMs.length > 0)
    await wakeSender.onScheduled(new Date(dueMs.reduce((a, b) => Math.min(a, b))));
}
