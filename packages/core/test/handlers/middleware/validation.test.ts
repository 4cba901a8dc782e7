import { describe, expect, it } from "vitest";
import { validation } from "../../../src/handlers/middleware/validation.ts";
import type { JobContext } from "../../../src/handlers/job-context.ts";
import type { StandardSchemaV1 } from "../../../src/job/standard-schema.ts";
import { aContext } from "../contexts.ts";

const positive: StandardSchemaV1 = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      (value as { n: number }).n > 0
        ? { value }
        : { issues: [{ message: "must be positive", path: ["n"] }] },
  },
};

const check = validation((type) => (type === "probe" ? positive : undefined));

describe("validation", () => {
  it("lets through what fits", async () => {
    const result = await check(aContext({ message: { n: 1 } }), async () => "ran");

    expect(result).toBe("ran");
  });

  it("runs nothing for a command that does not fit, and says where", async () => {
    let ran = false;

    const run = check(aContext({ message: { n: -1 } }), async () => (ran = true));

    await expect(run).rejects.toMatchObject({ code: "REVO_PAYLOAD_INVALID", path: "payload.n" });
    expect(ran).toBe(false);
  });

  it("fails a job for good: no repetition mends its payload", async () => {
    const context = { ...aContext({ message: { n: -1 } }), kind: "job" } as unknown as JobContext;

    const run = check(context, async () => "ran");

    await expect(run).rejects.toMatchObject({
      code: "REVO_NON_RETRYABLE",
      cause: { code: "REVO_PAYLOAD_INVALID" },
    });
  });

  it("lets types without a schema through", async () => {
    expect(await check(aContext({ type: "other", message: null }), async () => "ran")).toBe("ran");
  });
});
