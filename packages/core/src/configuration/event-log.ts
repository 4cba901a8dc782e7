import type { EventHub } from "../events/event-hub.ts";
import type { IClock } from "../support/clock.ts";
import type { ILogger } from "../support/logger.ts";

/** A failing loop is told of at most once in this time. */
const LOOP_LOG_EVERY_MS = 1_000;

/** Writes to the logger what somebody ought to know even if nobody listens to events. Never a payload. */
export function logEvents(events: EventHub, logger: ILogger, clock: IClock): void {
  events.on("job.retried", ({ error, jobId, type, attempt, delayMs }) =>
    logger.warn("job attempt failed and will be retried", { jobId, type, attempt, delayMs, error }),
  );
  events.on("job.failed", ({ error, jobId, type, attempt, reason }) =>
    logger.error("job failed", { jobId, type, attempt, reason, error }),
  );
  events.on("job.stuck", ({ jobId, type, attempt, reason }) =>
    logger.error("job goes on after its signal fired; its slot was given away", {
      jobId,
      type,
      attempt,
      reason,
    }),
  );
  events.on("job.lease-lost", ({ jobId, type, attempt }) =>
    logger.warn("job's lease was lost; its result was dropped", { jobId, type, attempt }),
  );
  events.on("job.backoff-invalid", ({ jobId, type, cause }) =>
    logger.warn("retry function gave no valid delay; default back-off used", {
      jobId,
      type,
      error: cause,
    }),
  );
  events.on("server.lease-lost", ({ serverId }) =>
    logger.warn("job server lost its lease and goes on under a new id", { serverId }),
  );
  events.on("server.recovered", ({ serverId, returned, failed, deleted }) =>
    logger.warn("recovered the jobs of a dead job server", {
      serverId,
      returned: returned.length,
      failed: failed.length,
      deleted: deleted.length,
    }),
  );
  events.on("storage.reset", ({ before, now }) =>
    logger.error("storage was emptied or replaced (REVO_STORAGE_RESET)", { before, now }),
  );
  events.on("listener.failed", ({ event, error }) =>
    logger.error("an event listener threw", { event, error }),
  );
  logLoops(events, logger, clock);
}

function logLoops(events: EventHub, logger: ILogger, clock: IClock): void {
  const loggedMs = new Map<string, number>();
  events.on("loop.failed", ({ loop, error, retryInMs }) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - (loggedMs.get(loop) ?? Number.NEGATIVE_INFINITY) < LOOP_LOG_EVERY_MS) return;
    loggedMs.set(loop, nowMs);
    logger.warn("storage call failed; trying again", { loop, retryInMs, error });
  });
  events.on("loop.recovered", ({ loop, failures }) => {
    loggedMs.delete(loop);
    logger.info("storage calls work again", { loop, failures });
  });
}
