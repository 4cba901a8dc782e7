import { RevoError } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { after, spread, together } from "../../src/partitions/together.ts";

const unavailable = new RevoError("REVO_STORAGE_UNAVAILABLE", "no connection");

describe("calls of several partitions", () => {
  it("are answered in the order of the items", async () => {
    const items = [
      [1, "a"],
      [0, "b"],
      [1, "c"],
    ] as const;

    const answers = await spread("reads", items, async (partition, own) =>
      own.map((item) => `${item}${partition}`),
    );

    expect(answers).toEqual(["a1", "b0", "c1"]);
  });

  it("that fail all alike did nothing", async () => {
    const calls = [Promise.reject(unavailable), Promise.reject(unavailable)];

    await expect(together("writes", calls)).rejects.toBe(unavailable);
  });

  it("of which one wrote and another did not have an unknown outcome", async () => {
    const calls = [Promise.resolve(1), Promise.reject(unavailable)];

    await expect(together("writes", calls)).rejects.toMatchObject({
      code: "REVO_STORAGE_OUTCOME_UNKNOWN",
      cause: unavailable,
    });
  });

  it("that only read keep their error", async () => {
    const calls = [Promise.resolve(1), Promise.reject(unavailable)];

    await expect(together("reads", calls)).rejects.toBe(unavailable);
  });

  it("after a write have an unknown outcome when they did nothing, and other errors stay", async () => {
    const other = new TypeError("no");

    await expect(after(Promise.reject(unavailable))).rejects.toMatchObject({
      code: "REVO_STORAGE_OUTCOME_UNKNOWN",
    });
    await expect(after(Promise.reject(other))).rejects.toBe(other);
  });
});
