import { expect, it } from "vitest";
import { logEvents } from "../../src/configuration/event-log.ts";
import { EventHub } from "../../src/events/event-hub.ts";
import type { ILogger } from "../../src/support/logger.ts";
import { ManualClock } from "../../src/support/manual-clock.ts";

/** A hub whose events are logged, and the lines. */
function openLog(): {
  readonly events: EventHub;
  readonly clock: ManualClock;
  readonly lines: string[];
} {
  const [events, clock, lines] = [new EventHub(), new ManualClock(), [] as string[]];
  const line =
    (level: string): ILogger["info"] =>
    (message) =>
      void lines.push(`${level}: ${message}`);
  const logger = {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
  logEvents(events, logger, clock);
  return { events, clock, lines };
}

it("a storage that was replaced is an error in the log, with its code", () => {
  const { events, lines } = openLog();

  events.emit("storage.reset", { before: "a", now: "b" });

  expect(lines).toEqual(["error: storage was emptied or replaced (REVO_STORAGE_RESET)"]);
});

it("a loop that fails again and again fills no log: one line a second, and one when it works again", async () => {
  const { events, clock, lines } = openLog();
  const failed = { loop: "exchange", error: new Error("down"), failures: 1, retryInMs: 100 };

  events.emit("loop.failed", failed);
  events.emit("loop.failed", failed);
  await clock.advance(1_000);
  events.emit("loop.failed", failed);
  events.emit("loop.recovered", { loop: "exchange", failures: 3 });

  expect(lines).toEqual([
    "warn: storage call failed; trying again",
    "warn: storage call failed; trying again",
    "info: storage calls work again",
  ]);
});
