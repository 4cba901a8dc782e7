import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { ILogger, LogFields, LogMethod } from "@revojs/core";

/** A logger that keeps the terminal free: a line of JSON per message, in a file. */
export interface FileLogger extends ILogger {
  /** Resolves when every line is in the file. */
  close(): Promise<void>;
}

export function openFileLogger(path: string): FileLogger {
  const file = createWriteStream(path, { flags: "a" });
  // A log that can't be written must not stop the shop.
  file.on("error", () => {});
  const method =
    (level: string): LogMethod =>
    (message, fields) => {
      file.write(`${JSON.stringify({ at: new Date(), level, message, ...fields }, readable)}\n`);
    };
  return {
    debug: () => {},
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    close: async () => {
      file.end();
      await finished(file).catch(() => {});
    },
  };
}

function readable(_key: keyof LogFields, value: unknown): unknown {
  if (value instanceof Error) return value.stack;
  return typeof value === "bigint" ? String(value) : value;
}
