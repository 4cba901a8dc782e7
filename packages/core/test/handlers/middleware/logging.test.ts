import { describe, expect, it } from "vitest";
import { logging } from "../../../src/handlers/middleware/logging.ts";
import type { ILogger, LogLevel } from "../../../src/support/logger.ts";
import { ManualClock } from "../../../src/support/manual-clock.ts";
import { aContext } from "../contexts.ts";

function aLogger(lines: unknown[]): ILogger {
  const method = (level: LogLevel) => (message: string, fields?: object) =>
    void lines.push([level, message, fields]);
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
  };
}

describe("logging", () => {
  it("writes a line when the work begins and one when it ends, with its duration", async () => {
    const lines: unknown[] = [];
    const clock = new ManualClock();
    const context = aContext({ log: aLogger(lines), message: { secret: "x" } });

    const result = await logging({ clock })(context, async () => {
      await clock.advance(25);
      return "done";
    });

    expect(result).toBe("done");
    expect(lines).toEqual([
      ["debug", "started", { kind: "command", type: "probe" }],
      ["debug", "ended", { kind: "command", type: "probe", durationMs: 25 }],
    ]);
  });

  it("refuses an option that it does not have", () => {
    expect(() => logging({ level: "info" } as object)).toThrow("Unknown option `level`");
  });

  it("warns of a failure, and lets it through", async () => {
    const lines: unknown[] = [];
    const error = new Error("broken");
    const context = aContext({ log: aLogger(lines) });

    const run = logging({ clock: new ManualClock() })(context, async () => {
      throw error;
    });

    await expect(run).rejects.toBe(error);
    expect(lines.at(-1)).toEqual([
      "warn",
      "failed",
      { kind: "command", type: "probe", durationMs: 0, error },
    ]);
  });
});
