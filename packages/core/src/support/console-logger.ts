import type { ILogger, LogFields, LogLevel, LogMethod } from "./logger.ts";

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Writes one line per message to standard error: level, message, fields as JSON. Control characters are escaped, so that no
 * line can forge another.
 * @param least Lines below this level are dropped. @defaultValue "warn"
 */
export function consoleLogger(least: LogLevel = "warn"): ILogger {
  const from = levels.indexOf(least);
  const method =
    (level: LogLevel, bound: LogFields): LogMethod =>
    (message, fields) => {
      if (levels.indexOf(level) < from) return;
      console.error(lineOf(level, message, { ...bound, ...fields }));
    };
  const make = (bound: LogFields): ILogger => ({
    debug: method("debug", bound),
    info: method("info", bound),
    warn: method("warn", bound),
    error: method("error", bound),
    child: (fields) => make({ ...bound, ...fields }),
  });
  return make({});
}

function lineOf(level: LogLevel, message: string, fields: LogFields): string {
  const text = Object.keys(fields).length === 0 ? message : `${message} ${fieldsText(fields)}`;
  return `revo ${level}: ${escapeControls(text)}`;
}

function fieldsText(fields: LogFields): string {
  try {
    return JSON.stringify(fields, (_key, value: unknown) => {
      if (value instanceof Error) return value.stack ?? `${value.name}: ${value.message}`;
      return typeof value === "bigint" ? value.toString() : value;
    });
  } catch {
    return "[fields that cannot be written]";
  }
}

function escapeControls(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
