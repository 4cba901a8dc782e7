import { describe, expect, it } from "vitest";
import { guardedLogger } from "../../src/support/guarded-logger.ts";
import type { ILogger } from "../../src/support/logger.ts";

function throwing(): never {
  throw new Error("disk full");
}

const broken: ILogger = { debug: throwing, info: throwing, warn: throwing, error: throwing };

describe("a guarded logger", () => {
  it("loses a line that cannot be written, and throws nothing", () => {
    const logger = guardedLogger(broken);

    for (const level of ["debug", "info", "warn", "error"] as const) {
      expect(() => logger[level]("line")).not.toThrow();
    }
  });

  it("passes lines on as they are, and children too", () => {
    const lines: unknown[] = [];
    const info = (...line: unknown[]): void => void lines.push(line);
    const child = (fields: object): ILogger => ({
      ...broken,
      info: (message) => info(message, fields),
    });
    const logger = guardedLogger({ ...broken, info, child });

    logger.info("one", { a: 1 });
    logger.child?.({ b: 2 }).info("two");

    expect(lines).toEqual([
      ["one", { a: 1 }],
      ["two", { b: 2 }],
    ]);
  });

  it("goes on with its own lines when no child can be made", () => {
    const logger = guardedLogger({ ...broken, child: throwing });

    expect(() => logger.child?.({}).info("line")).not.toThrow();
  });
});
