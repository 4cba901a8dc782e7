/** Additional facts of a log line. Values are for reading; nothing here may be a payload. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line. */
export type LogMethod = (message: string, fields?: LogFields) => void;

/** Where log lines go. A console, pino, winston, Nest's logger: anything with these four methods. Must not throw. */
export interface ILogger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger that adds `fields` to each of its lines. Absent: core adds them itself. */
  child?(fields: LogFields): ILogger;
}

/** How much a log line matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Drops every line. */
export const silentLogger: ILogger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
