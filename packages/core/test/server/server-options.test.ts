import { describe, expect, it } from "vitest";
import { RevoArgumentError } from "../../src/errors.ts";
import { resolveServerOptions, type JobServerOptions } from "../../src/server/server-options.ts";
import { thrownBy } from "../job/thrown-by.ts";

function refusal(options: unknown): RevoArgumentError {
  const error = thrownBy(() => resolveServerOptions(options as JobServerOptions));
  expect(error).toBeInstanceOf(RevoArgumentError);
  return error as RevoArgumentError;
}

describe("resolveServerOptions", () => {
  it("fills in the defaults", () => {
    expect(resolveServerOptions({})).toEqual({
      concurrency: 10,
      queues: [{ name: "default", concurrency: null }],
      leaseMs: 15_000,
      beatMs: 5_000,
      graceMs: 25_000,
      killGraceMs: 5_000,
      maxPrefetch: 2_000,
      pollMs: 2_000,
      signals: true,
      name: null,
    });
  });

  it("beats three times in a lease unless told otherwise", () => {
    expect(resolveServerOptions({ lease: "3 s" }).beatMs).toBe(1_000);
  });

  it.each([0, -1, Number.NaN, 1e6, "4", 1.5, null, {}, Object.create(null), Symbol("x")])(
    "row 29: refuses a concurrency of %s",
    (concurrency) => {
      const error = refusal({ concurrency });

      expect([error.code, error.path]).toEqual(["REVO_ARGUMENT_INVALID", "server.concurrency"]);
      expect(error.message).toMatch(
        /^Expected `server\.concurrency` to be an integer from 1 to 10000, got /,
      );
    },
  );

  it("row 30: refuses a lease of 10 ms", () => {
    const error = refusal({ lease: 10 });

    expect([error.code, error.path]).toEqual(["REVO_ARGUMENT_INVALID", "server.lease"]);
    expect(error.message).toBe("Expected `server.lease` to be at least 300 ms, got 10");
  });

  it.each([
    { lease: "10 s", beat: "5 s" },
    { lease: "10 s", beat: "1 min" },
    { beat: "8 s" },
  ] as const)("refuses a beat of half the lease or more: %o", (options) => {
    const error = refusal(options);

    expect([error.code, error.path]).toEqual(["REVO_ARGUMENT_INVALID", "server.beat"]);
  });

  it("takes a beat just below half the lease", () => {
    expect(resolveServerOptions({ lease: 10_000, beat: 4_999 }).beatMs).toBe(4_999);
  });

  it.each(["soon", -1, 1.5, Number.NaN, {}, "5 parsecs"])("refuses %s as a duration", (grace) => {
    expect(refusal({ grace }).code).toBe("REVO_DURATION_INVALID");
  });

  it.each([
    { poll: 5 },
    { poll: "2 min" },
    { lease: "2 h" },
    { beat: 10 },
    { maxPrefetch: -1 },
    { maxPrefetch: 10_001 },
    { signals: "yes" },
    { name: "" },
    { name: "x".repeat(129) },
    { name: 7 },
    { queues: [] },
    { queues: "default" },
    { queues: [null] },
    // oxlint-disable-next-line no-sparse-arrays -- A hole is what the row is about.
    { queues: [, "a"] },
    { queues: [7] },
    { queues: ["a", "a"] },
    { queues: ["a", { name: "a" }] },
    { queues: [{ name: "a", concurrency: 0 }] },
    { queues: [{ name: "a", concurrency: "2" }] },
  ])("refuses %o as an argument out of bounds", (options) => {
    const error = refusal(options);

    expect(error.code).toBe("REVO_ARGUMENT_INVALID");
    expect(error.path).toMatch(/^server\./);
  });

  it.each(["", "Mail", "a b", "x".repeat(65), "../x"])("refuses the queue name %o", (name) => {
    expect(refusal({ queues: [name] }).code).toBe("REVO_NAME_INVALID");
  });

  it("refuses an option that nobody reads, and suggests the nearest", () => {
    const error = refusal({ concurency: 5 });

    expect(error.code).toBe("REVO_OPTION_UNKNOWN");
    expect(error.message).toBe("Unknown option `server.concurency`: did you mean `concurrency`?");
  });

  it("refuses an option of a queue that nobody reads", () => {
    const error = refusal({ queues: [{ name: "mail", concurrenci: 2 }] });

    expect([error.code, error.path]).toEqual([
      "REVO_OPTION_UNKNOWN",
      "server.queues[0].concurrenci",
    ]);
  });

  it.each([null, 7, "fast", []])("refuses %o for options", (options) => {
    expect(refusal(options).code).toBe("REVO_ARGUMENT_INVALID");
  });

  it("does not take options from a polluted prototype", () => {
    const options = Object.create({ concurrency: 77 }) as JobServerOptions;

    expect(resolveServerOptions(options).concurrency).toBe(10);
  });

  it("takes queues by name and with a limit", () => {
    const { queues } = resolveServerOptions({ queues: ["a", { name: "b", concurrency: 2 }] });

    expect(queues).toEqual([
      { name: "a", concurrency: null },
      { name: "b", concurrency: 2 },
    ]);
  });
});
