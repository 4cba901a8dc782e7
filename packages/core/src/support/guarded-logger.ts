import type { ILogger, LogFields, LogMethod } from "./logger.ts";

/**
 * A logger that never throws, whatever the given one does: a line that cannot be written must not fail a job or a start. The
 * line is lost.
 */
export function guardedLogger(logger: ILogger): ILogger {
  const guarded =
    (level: "debug" | "info" | "warn" | "error"): LogMethod =>
    (message, fields) => {
      try {
        logger[level](message, fields);
      } catch {
        // Where lines go nothing can be told of a line that was lost.
      }
    };
  return {
    debug: guarded("debug"),
    info: guarded("info"),
    warn: guarded("warn"),
    error: guarded("error"),
    ...(logger.child !== undefined && {
      child: (fields: LogFields) => guardedChild(logger, fields),
    }),
  };
}

function guardedChild(logger: ILogger, fields: LogFields): ILogger {
  try {
    return guardedLogger(logger.child?.(fields) ?? logger);
  } catch {
    return guardedLogger(logger);
  }
}
