import { describe, expect, it } from "vitest";
import { RevoError, type RevoErrorCode } from "../../src/errors.ts";
import { resultOf } from "../../src/server/attempt-end.ts";

const running = { abortReason: null, runMs: 12.7 };
const aborted = (code: RevoErrorCode): { abortReason: RevoError; runMs: number } => ({
  abortReason: new RevoError(code, "for a test"),
  runMs: 12.7,
});
const thrown = { kind: "threw", error: new Error("x"), by: "handler" } as const;

describe("resultOf", () => {
  it("takes a return for success, with what was returned as text", () => {
    expect(resultOf({ kind: "returned", value: { n: 1 } }, running, 100)).toMatchObject({
      kind: "succeeded",
      result: expect.stringContaining('"n":1') as string,
    });
    expect(resultOf({ kind: "returned", value: undefined }, running, 100)).toEqual({
      kind: "succeeded",
    });
  });

  it("takes a return for success also after the signal has fired: the work is done", () => {
    for (const code of ["REVO_TIMEOUT", "REVO_SHUTDOWN", "REVO_JOB_DELETED"] as const) {
      const result = resultOf({ kind: "returned", value: undefined }, aborted(code), 100);

      expect(result.kind).toBe("succeeded");
    }
  });

  it("takes a result that cannot be stored for a fault of the job itself", () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;

    const results = [circular, "x".repeat(101), () => {}].map((value) =>
      resultOf({ kind: "returned", value }, running, 100),
    );

    expect(results.map((result) => [result.kind, "by" in result && result.by])).toEqual([
      ["threw", "core"],
      ["threw", "core"],
      ["threw", "core"],
    ]);
  });

  it("takes what is thrown for a failure of the handler", () => {
    expect(resultOf(thrown, running, 100)).toBe(thrown);
  });

  it("takes what is thrown after the signal fired for the signal's reason", () => {
    const results = (
      ["REVO_TIMEOUT", "REVO_JOB_DELETED", "REVO_SHUTDOWN", "REVO_LEASE_LOST"] as const
    ).map((code) => resultOf(thrown, aborted(code), 100));

    expect(results).toEqual([
      { kind: "timed-out", error: expect.objectContaining({ code: "REVO_TIMEOUT" }) },
      { kind: "deleted" },
      { kind: "released", delayMs: 0, refundAttempt: true, reason: "shutdown" },
      { kind: "released", delayMs: 0, refundAttempt: true, reason: "lease-lost" },
    ]);
  });

  it("takes a handler that was given up for its signal's reason", () => {
    const result = resultOf({ kind: "given-up" }, aborted("REVO_SHUTDOWN"), 100);

    expect(result).toMatchObject({ kind: "released", refundAttempt: true });
  });
});
