import type { ILogger } from "../support/logger.ts";

const stopSignals = ["SIGTERM", "SIGINT"] as const;

export interface ProcessSignalsOptions {
  readonly logger: ILogger;
  readonly stop: () => Promise<void>;
  /** Ids of the jobs that run now, for the last words of a dying process. */
  readonly running: () => readonly string[];
}

/** Who is stopping for a signal in this process: the last one ends it, so that none is cut short by another. */
const stoppingNow = new Set<ProcessSignalsOptions>();
let exitCode = 0;

/**
 * Stops gracefully at the first SIGTERM or SIGINT and then ends the process with code 0, once everybody in it who does the
 * same has stopped; a second signal ends it at once. An
 * uncaught exception still ends the process, as Node has it, but not silently: the running jobs are named first.
 * @returns Takes the listeners away again.
 */
export function handleProcessSignals(options: ProcessSignalsOptions): () => void {
  const { logger } = options;
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      logger.warn("second signal: ending at once", { signal });
      process.exit(1);
    }
    stopping = true;
    logger.info("stopping gracefully", { signal });
    stoppingNow.add(options);
    void options
      .stop()
      .catch((error: unknown) => {
        logger.error("stop failed", { error });
        exitCode = 1;
      })
      .then(() => {
        stoppingNow.delete(options);
        if (stoppingNow.size === 0) process.exit(exitCode);
      });
  };
  const onUncaught = (error: unknown): void => {
    logger.error("uncaught exception: the process ends; its jobs will be run again", {
      running: options.running(),
      error,
    });
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  process.on("uncaughtExceptionMonitor", onUncaught);
  return () => {
    // While a signal is being obeyed the listener stays, so that a second signal still finds it.
    if (!stopping) for (const signal of stopSignals) process.off(signal, onSignal);
    process.off("uncaughtExceptionMonitor", onUncaught);
  };
}
