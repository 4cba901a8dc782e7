import type { NewJob, SettleOutcome } from "@revojs/core";
import { aJob, MINUTE_MS, toDelete, toFail, toRelease, toRetry, toSucceed } from "../builders.ts";
import type { NewModelJob } from "./job-model.ts";
import {
  MODEL_QUEUES,
  MODEL_RETAIN_MINUTES,
  MODEL_WINDOW_MINUTES,
  type ModelOutcome,
} from "./model-command.ts";

/** How long finished jobs are kept, in milliseconds. */
export const RETAIN_MS: number = MODEL_RETAIN_MINUTES * MINUTE_MS;

/** One of the items, round and round; `undefined` when there are none. */
export function picked<T>(items: readonly T[], pick: number): T | undefined {
  return items[pick % Math.max(items.length, 1)];
}

/** The queue of that number, round and round. */
export function queueOf(index: number): string {
  return MODEL_QUEUES[index % MODEL_QUEUES.length] ?? "";
}

/** The job as a storage is given it. */
export function toNewJob(request: NewModelJob): NewJob {
  const { minutes, key, scope, isReplacing, ...given } = request;
  const start = { kind: "delay", delayMs: minutes * MINUTE_MS } as const;
  const job = aJob({ ...given, start: minutes === 0 ? { kind: "now" } : start });
  if (key === undefined || scope === undefined) return job;
  const unique = { key, scope, onConflict: isReplacing ? "replace" : "keep" } as const;
  const windowMs = MODEL_WINDOW_MINUTES * MINUTE_MS;
  return { ...job, unique: scope === "window" ? { ...unique, windowMs } : unique };
}

/** The outcome as a storage is given it. */
export function toOutcome({ kind, minutes, refundAttempt }: ModelOutcome): SettleOutcome {
  const delayMs = minutes * MINUTE_MS;
  const retainMs = RETAIN_MS;
  switch (kind) {
    case "succeed":
      return toSucceed({ retainMs });
    case "fail":
      return toFail({ retainMs });
    case "delete":
      return toDelete({ retainMs });
    case "retry":
      return toRetry(delayMs);
    case "release":
      return toRelease({ delayMs, refundAttempt });
  }
}
