import type { IClock } from "../support/clock.ts";
import type { ILogger, LogFields, LogLevel, LogMethod } from "../support/logger.ts";
import type { Attempt } from "./attempt.ts";
import type { ReportBuffer } from "./report-buffer.ts";

/** A handler's logger: each line goes to the configured logger, with the job's id, and to the job's own log. */
export function attemptLogger(
  attempt: Attempt,
  services: { readonly clock: IClock; readonly logger: ILogger; readonly reports: ReportBuffer },
  bound: LogFields = {},
): ILogger {
  const { job } = attempt;
  const facts = { jobId: job.id, jobType: job.type, attempt: job.attempt, ...bound };
  const method =
    (level: LogLevel): LogMethod =>
    (message, fields) => {
      services.logger[level](message, { ...facts, ...fields });
      services.reports.line(attempt, {
        at: new Date(services.clock.nowMs()),
        attempt: job.attempt,
        level,
        text: lineText(message, { ...bound, ...fields }),
      });
    };
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    child: (fields) => attemptLogger(attempt, services, { ...bound, ...fields }),
  };
}

/** Message and fields in one line of well-formed text. */
function lineText(message: unknown, fields: LogFields): string {
  const text = String(message);
  const hasFields = Object.keys(fields).length > 0;
  return escapeControls(hasFields ? `${text} ${fieldsText(fields)}` : text);
}

function fieldsText(fields: LogFields): string {
  try {
    return JSON.stringify(fields, (_key, value: unknown) =>
      value instanceof Error
        ? `${value.name}: ${value.message}`
        : typeof value === "bigint"
          ? value.toString()
          : value,
    );
  } catch {
    return "[fields that cannot be written]";
  }
}

// A log line must not start another line, colour a terminal or break the storage's text rules.
function escapeControls(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd").replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
